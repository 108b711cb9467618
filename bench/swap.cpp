// SPDX-License-Identifier: BSL-1.0
// swap: a forest is replaced a thousand times while a flow scores a million events a second, and every tenth one that is sent is
// bad, each in another way. Two controls stand beside it. The same models go into a slot that nobody reads: what a machine does
// to a thread while another one loads and judges models is no matter of swaps. This control runs twice, so that it is seen how
// far apart two runs of one thing are. And nobody sends models at all. Prints samples.
//   bench_swap [--rounds N]   N times each of the four, three and a half seconds a run, or until all models are there (default 1)
// Every score is computed once more when the flow has ended, from the version that stands in it. The time of an event is from
// when its span was given to the flow until it was scored; since it was due, all that the machine did meanwhile is counted.
#include "cores.hpp"
#include "sample.hpp"

#include <levada/core/histogram.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/model/infer.hpp>
#include <levada/model/install.hpp>
#include <levada/model/trees.hpp>
#include <levada/os/clock.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace lv = levada;

constexpr std::size_t features = 32, different_rows = 4'096;
constexpr std::size_t trees = 32, depth = 6, nodes_each = (2u << depth) - 1;
constexpr std::uint64_t sent = 1'111, bad = sent / 10, swaps = sent - bad;  // each tenth is bad
constexpr std::uint64_t events = 3'500'000, most_events = 2 * events;       // one a microsecond, until all models are installed
constexpr std::int64_t period = 3'100'000;                                  // of models, in nanoseconds
constexpr lv::duration row_budget{4'000};

/// Rows one behind the other.
const std::vector<float>& rows() {
  static const std::vector<float> all = [] {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> value(-1, 1);
    std::vector<float> some(different_rows * features);
    for (float& x : some) x = value(random);
    return some;
  }();
  return all;
}
std::span<const float, features> row_of(std::uint64_t event) {
  return std::span<const float, features>(rows().data() + event % different_rows * features, features);
}

/// Trees of the same splits, with leaves that tell the version. One that is slow computes all twenty times.
struct forest {
  lv::trees of;
  int times = 1;

  [[nodiscard]] std::size_t features() const { return of.features(); }
  [[nodiscard]] std::size_t outputs() const { return of.outputs(); }
  void score(std::span<const float> row, std::span<float> out) const {
    for (int i = 0; i < times; ++i) of.score(row, out);
  }
  void score_batch(std::span<const float> some, std::size_t n, std::span<float> out) const {
    for (int i = 0; i < times; ++i) of.score_batch(some, n, out);
  }
};
/// `greatest` and `base` are what a forest is spoilt by.
forest forest_of(std::uint64_t version, float greatest = 1, float base = 0) {
  static const std::vector<lv::tree_node> splits = [] {
    std::mt19937 random(5);
    std::vector<lv::tree_node> all(trees * nodes_each);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto in_tree = static_cast<std::uint32_t>(i % nodes_each);
      if (in_tree >= nodes_each / 2) continue;
      all[i] = {.threshold = static_cast<float>(random() % 199 + 1) / 100 - 1,  // fewer than 255 of each feature
                .feature = static_cast<std::uint16_t>(random() % features),
                .left = 2 * in_tree + 1,
                .right = 2 * in_tree + 2};
    }
    return all;
  }();
  static const std::vector<std::uint32_t> roots = [] {
    std::vector<std::uint32_t> all;
    for (std::uint32_t t = 0; t < trees; ++t) all.push_back(t * nodes_each);
    return all;
  }();
  std::vector<lv::tree_node> nodes = splits;
  std::uint64_t state = version + 1;
  for (lv::tree_node& n : nodes)
    if (n.left == 0) {
      state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
      n.threshold = greatest > 1 ? greatest : static_cast<float>(state >> 40) * 0x1p-24f - 0.5f;
    }
  const float begins[] = {base};
  auto made = lv::trees::make({.features = features, .nodes = nodes, .trees = roots, .base = begins});
  if (!made) std::exit((std::fprintf(stderr, "bench_swap: %s\n", made.error().sentence.c_str()), 70));
  return {*std::move(made)};
}

struct event {
  std::uint64_t number = 0;
  std::uint64_t turn = 0;
  std::int64_t handed_over = 0;  // when its span was given to the flow
  std::array<float, ::features> samples{};
  [[nodiscard]] std::span<const float, ::features> features() const { return samples; }
};
std::atomic<bool> all_installed = false;
/// Brings an event each microsecond: after a delay all that are due.
class paced {
 public:
  using event_type = event;
  [[nodiscard]] lv::polled poll(auto out, std::size_t) {
    if (made_ == most_events || (made_ >= events && all_installed)) return lv::polled::end;
    const std::int64_t now = lv::wall_clock{}.steady().ns;
    if (begin_ == 0) begin_ = now;
    const std::uint64_t due = std::min(most_events, static_cast<std::uint64_t>(now - begin_) / 1000);
    if (due == made_) return lv::polled::nothing;
    std::size_t n = 0;
    for (; n < span_.size() && made_ < due; ++n) {
      std::ranges::copy(row_of(made_), span_[n].samples.begin());
      span_[n].turn = turn_;
      span_[n].handed_over = now;
      span_[n].number = made_++;
    }
    ++turn_;
    out(std::span<const event>(span_.data(), n));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return made_; }
  [[nodiscard]] lv::duration wake_at() const { return lv::duration{due(made_)}; }
  [[nodiscard]] std::int64_t due(std::uint64_t number) const { return begin_ + static_cast<std::int64_t>(number) * 1000; }

 private:
  std::vector<event> span_{32};  // one in which the machine takes the core away makes few events late
  std::uint64_t made_ = 0, turn_ = 0;
  std::int64_t begin_ = 0;
};

enum class fault : std::uint8_t { none, unreadable, signature, version, schema, golden, finite, slow };
constexpr std::string_view said_of[] = {"",           "cannot open",    "by its signature",      "by its version",
                                        "its schema", "golden vectors", "by its finite outputs", "by its time"};
/// What is wrong with the n-th model that is sent, from 1 on.
fault fault_of(std::uint64_t n) { return n % 10 == 0 ? static_cast<fault>(1 + n / 10 % 7) : fault::none; }
struct update {
  std::uint64_t version = 0;
  fault wrong{};
};
/// Brings a model every few milliseconds.
class models {
 public:
  using event_type = update;
  [[nodiscard]] lv::polled poll(auto out, std::size_t) {
    if (made_ == sent) return lv::polled::end;
    const lv::duration now = out.steady();
    if (next_.ns == 0) next_ = now;
    if (now < next_) return lv::polled::nothing;
    next_ = next_ + lv::duration{period};
    // Versions of those that are bad are far above the others, so that only the one that is bad by its version is so.
    const fault wrong = fault_of(++made_);
    const update u{wrong == fault::none ? ++good_ : wrong == fault::version ? 0 : 1'000'000 + made_, wrong};
    out(std::span<const update>(&u, 1));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return made_; }
  [[nodiscard]] lv::duration wake_at() const { return next_; }

 private:
  std::uint64_t made_ = 0, good_ = 0;
  lv::duration next_{};
};

constexpr std::array<std::string_view, 2> names{"of", "samples"};
struct loaded {
  forest model;
  std::vector<float> golden_rows{}, golden_outputs{};
  std::vector<std::byte> bytes{}, signature{};
  lv::candidate with{};
};
/// As a loader would: it computes the golden vectors from what was right, and one thing is spoilt.
lv::result<loaded> load(const update& u) {
  if (u.wrong == fault::unreadable) return lv::fault::of(lv::failure::unreadable, "cannot open 'bearing.model'");
  loaded l{.model = forest_of(u.version)};
  l.golden_outputs.resize(16);
  for (std::size_t i = 0; i < l.golden_outputs.size(); ++i) {
    const auto row = row_of(i * 7);
    l.model.score(row, {&l.golden_outputs[i], 1});
    l.golden_rows.insert(l.golden_rows.end(), row.begin(), row.end());
  }
  l.bytes.assign(64, std::byte(u.version));
  l.signature = l.bytes;
  l.with = {.name = "bearing", .version = u.version, .schema = lv::schema_hash(names)};
  if (u.wrong == fault::signature) l.signature[63] ^= std::byte{1};
  if (u.wrong == fault::schema) l.with.schema ^= 1;
  if (u.wrong == fault::golden) l.model = forest_of(u.version, 1, 0.01f);
  if (u.wrong == fault::finite) l.model = forest_of(u.version, 3e38f);
  if (u.wrong == fault::slow) l.model.times = 40;
  l.with.golden_rows = l.golden_rows;
  l.with.golden_outputs = l.golden_outputs;
  l.with.bytes = l.bytes;
  l.with.signature = l.signature;
  return l;
}
constexpr auto same_bytes = [](std::span<const std::byte> bytes, std::span<const std::byte> signature) {
  return std::ranges::equal(bytes, signature);
};

struct outcome {
  lv::histogram late, took;
  std::uint64_t made = 0, scored = 0, wrong = 0, turns = 0, mixed = 0, versions = 0;
  std::uint64_t admitted = 0, refused_by_name = 0;
};
/// What each event was scored by, and how.
struct told {
  float score = 0;
  std::uint32_t version = 0;
};
/// Those that were not said by their version.
std::uint64_t wrong_of(std::span<const told> all) {
  std::uint64_t wrong = 0;
  std::array<float, different_rows> expected{};
  for (std::size_t begin = 0; begin < all.size();) {
    const forest model = forest_of(all[begin].version);
    for (const std::uint32_t version = all[begin].version; begin < all.size() && all[begin].version == version;) {
      std::size_t n = 0;
      while (begin + n < all.size() && all[begin + n].version == version && begin % different_rows + n < different_rows) ++n;
      model.score_batch({row_of(begin).data(), n * features}, n, {expected.data(), n});
      for (std::size_t i = 0; i < n; ++i) wrong += expected[i] != all[begin + i].score;
      begin += n;
    }
  }
  return wrong;
}

enum class installer { none, into_another_slot, into_the_slot };
outcome run(installer which) {
  outcome o;
  lv::slot<forest> place("bench.swap", forest_of(0)), elsewhere("bench.elsewhere", forest_of(0));
  place.put(forest_of(0), 0);  // where the run before this one has left another
  elsewhere.put(forest_of(0), 0);

  std::uint64_t answers = 0;
  const lv::admission_options strict{.schema = lv::schema_hash(names), .row_budget = row_budget};
  auto installing = lv::flow(
      lv::from(models{}) |
      lv::install<"install">(which == installer::into_the_slot ? place : elsewhere, lv::admission(strict, same_bytes), load) |
      lv::to([&](const lv::acknowledgement& a) {
        const fault wrong = fault_of(++answers);
        if (answers == sent) all_installed = true;
        if (a.what == lv::acknowledgement::outcome::admitted)
          o.admitted += wrong == fault::none;
        else
          o.refused_by_name +=
              wrong != fault::none && a.reason.view().find(said_of[static_cast<std::size_t>(wrong)]) != std::string_view::npos;
      }));

  std::vector<told> scores(most_events);
  std::uint64_t version = 0, turn = ~std::uint64_t{0};
  const paced* source = nullptr;
  auto scoring = lv::flow(lv::from<"paced">(paced{}) | lv::infer<"bearing">(place) | lv::to([&](const lv::scored<event>& s) {
                            if (s.model_version != version) {
                              o.mixed += s.event.turn == turn;
                              ++o.versions;
                              version = s.model_version;
                            }
                            o.turns += s.event.turn != turn;
                            turn = s.event.turn;
                            if (s.event.number == o.scored)  // else one is lost
                              scores[o.scored++] = {s.score(), static_cast<std::uint32_t>(version)};
                            const std::int64_t now = lv::wall_clock{}.steady().ns;
                            o.late.add(static_cast<std::uint64_t>(now - source->due(s.event.number)));
                            o.took.add(static_cast<std::uint64_t>(now - s.event.handed_over));
                          }));
  source = &scoring.at<"paced">();

  lv::runner<> installs, scorer({.mode = lv::profile::fast, .budget = 32});
  const auto cores = bench::two_cores();
  all_installed = which == installer::none;
  if (cores) bench::pin_to(cores->second);
  if (which != installer::none && !installs.start(installing)) std::exit(70);
  if (cores) bench::pin_to(cores->first);
  if (!scorer.run(scoring)) std::exit(70);
  if (which != installer::none && !installs.wait()) std::exit(70);
  o.made = source->position();
  o.wrong = wrong_of(std::span(scores).first(o.scored));
  return o;
}

void print(std::string_view metric, std::string_view unit, std::string_view better, std::string_view who, double value,
           const std::string& note = "") {
  bench::print({.name = "model/swap",
                .metric = std::string(metric),
                .unit = std::string(unit),
                .better = std::string(better),
                .who = std::string(who),
                .value = value,
                .note = note});
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 1;
  for (long i = 0; i < rounds; ++i) {
    const outcome nobody = run(installer::none), first = run(installer::into_another_slot), o = run(installer::into_the_slot),
                  second = run(installer::into_another_slot);
    for (const outcome* one : {&nobody, &first, &o, &second})
      if (one->wrong != 0 || (one != &nobody && one->admitted != swaps))
        return std::fprintf(stderr, "bench_swap: %llu scores are not those of their version, %llu models of %llu were admitted\n",
                            static_cast<unsigned long long>(one->wrong), static_cast<unsigned long long>(one->admitted),
                            static_cast<unsigned long long>(swaps)),
               70;
    const auto share = [](std::uint64_t n, std::uint64_t of) { return 100 * static_cast<double>(n) / static_cast<double>(of); };
    const std::string note =
        std::to_string(o.admitted) + " swaps of 32 trees of depth 6, of which " + std::to_string(o.versions) + " have scored";
    print("events scored", "%", "more", "levada", share(o.scored, o.made), note);
    print("turns of one version", "%", "more", "levada", 100 - share(o.mixed, o.turns), note);
    print("bad models refused by name", "%", "more", "levada", share(o.refused_by_name, bad), "of seven kinds");
    for (const bool since_due : {false, true}) {
      const std::string metric = since_due ? "p99.9 since due" : "p99.9";
      const auto of = [&](const outcome& one) {
        return static_cast<double>((since_due ? one.late : one.took).quantile(0.999)) / 1000;
      };
      print(metric, "us", "less", "levada", of(o), note);
      print(metric, "us", "less", "models into another slot", of(first));
      print(metric, "us", "less", "models into another slot", of(second));
      print(metric, "us", "less", "no models", of(nobody));
      print(metric + ", A/A", "us", "less", "levada", of(second), "both into another slot");
      print(metric + ", A/A", "us", "less", "models into another slot", of(first));
    }
  }
  return 0;
}
