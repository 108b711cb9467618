// SPDX-License-Identifier: BSL-1.0
// swap: a model is replaced a thousand times while a flow scores a million events a second, and every tenth one that is sent is
// bad, each in another way. Before and after it the same flow runs while the models go where nobody asks them: what a machine
// does to a thread while another one loads and judges models is no matter of swaps. Prints samples.
//   bench_swap [--rounds N]   N times without, with and without swaps, five seconds each (default 3)
// Every score is computed once more, from the version that stands in it. Times of an event: from when its span was given to
// the flow until it was scored, and since it was due, in which all that the machine did meanwhile is counted.
#include "cores.hpp"
#include "sample.hpp"

#include <levada/core/histogram.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/model/infer.hpp>
#include <levada/model/install.hpp>
#include <levada/os/clock.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include <algorithm>
#include <array>
#include <cmath>
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
using admission_check = lv::admission_check;

constexpr std::size_t length = 32, different_rows = 4'096;
constexpr std::uint64_t sent = 1'111, bad = sent / 10, swaps = sent - bad;  // each tenth is bad
constexpr std::uint64_t events = 5'000'000;                                 // one a microsecond
constexpr std::int64_t period = 4'400'000;                                  // of models, in nanoseconds

struct event {
  std::uint64_t number = 0;
  std::uint64_t turn = 0;
  std::int64_t handed_over = 0;  // when its span was given to the flow
  std::array<float, length> samples{};
  [[nodiscard]] std::span<const float, length> features() const { return samples; }
};

/// Weights that tell the version. One that is slow computes the same fifty times.
struct dense {
  std::array<float, length> weights{};
  bool is_slow = false;

  explicit dense(std::uint64_t version) {
    std::uint64_t state = version + 1;
    for (float& w : weights) w = static_cast<float>((state = lv::hash_of_bytes(&state, sizeof state)) >> 40) * 0x1p-24f - 0.5f;
  }
  [[nodiscard]] std::size_t features() const { return length; }
  [[nodiscard]] std::size_t outputs() const { return 1; }
  void score(std::span<const float> row, std::span<float> out) const {
    float sum = 0;
    for (int i = is_slow ? 50 : 1; i > 0; --i) {
      sum *= 0;  // which the optimiser may not leave out
      for (std::size_t f = 0; f < length; ++f) sum += row[f] * weights[f];
    }
    out[0] = sum;
  }
};

const std::vector<event>& rows() {
  static const std::vector<event> all = [] {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> value(-1, 1);
    std::vector<event> some(different_rows);
    for (event& e : some)
      for (float& x : e.samples) x = value(random);
    return some;
  }();
  return all;
}

/// Brings an event each microsecond: after a delay all that are due.
class paced {
 public:
  using event_type = event;
  [[nodiscard]] lv::polled poll(auto out, std::size_t) {
    if (made_ == events) return lv::polled::end;
    const std::int64_t now = lv::wall_clock{}.steady().ns;
    if (begin_ == 0) begin_ = now;
    auto due = static_cast<std::uint64_t>(now - begin_) / 1000;
    if (due > events) due = events;
    if (due == made_) return lv::polled::nothing;
    std::size_t n = 0;
    for (; n < span_.size() && made_ < due; ++n) {
      span_[n].samples = rows()[made_ % different_rows].samples;
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
    ++made_;
    const bool is_bad = made_ % 10 == 0;
    const update u{is_bad ? made_ : ++good_, is_bad ? static_cast<fault>(1 + made_ / 10 % 7) : fault::none};
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
  dense model;
  std::vector<float> golden_rows{}, golden_outputs{};
  std::vector<std::byte> bytes{}, signature{};
  lv::candidate with{};
};
/// As a loader would: it computes the golden vectors from what was right, then spoils one thing. Versions of those that are bad
/// are far above the others, so that only the one that is bad by its version is so.
lv::result<loaded> load(const update& u) {
  if (u.wrong == fault::unreadable) return lv::fault::of(lv::failure::unreadable, "cannot open 'bearing.model'");
  const std::uint64_t version = u.wrong == fault::none ? u.version : u.wrong == fault::version ? 0 : 1'000'000 + u.version;
  loaded l{.model = dense(version)};
  for (std::size_t i = 0; i < 16; ++i) {
    const auto& row = rows()[i * 7].samples;
    float out[1];
    l.model.score(row, out);
    l.golden_rows.insert(l.golden_rows.end(), row.begin(), row.end());
    l.golden_outputs.push_back(out[0]);
  }
  l.bytes.assign(64, std::byte(version));
  l.signature = l.bytes;
  l.with = {.name = "bearing", .version = version, .schema = lv::schema_hash(names)};
  if (u.wrong == fault::signature) l.signature[63] ^= std::byte{1};
  if (u.wrong == fault::schema) l.with.schema ^= 1;
  if (u.wrong == fault::golden) l.model.weights[version % length] += 0.01f;
  if (u.wrong == fault::finite) l.model.weights[version % length] = INFINITY;
  l.model.is_slow = u.wrong == fault::slow;
  l.with.golden_rows = l.golden_rows;
  l.with.golden_outputs = l.golden_outputs;
  l.with.bytes = l.bytes;
  l.with.signature = l.signature;
  return l;
}
constexpr auto same_bytes = [](std::span<const std::byte> bytes, std::span<const std::byte> signature) {
  return std::equal(bytes.begin(), bytes.end(), signature.begin(), signature.end());
};

struct outcome {
  lv::histogram late, took;
  std::uint64_t scored = 0, wrong = 0, mixed = 0, versions = 0;
  std::uint64_t admitted = 0, refused = 0, refused_by_name = 0;
};

outcome run(bool with_swaps) {
  outcome o;
  lv::slot<dense> place("bench.swap", dense(0), 0), elsewhere("bench.elsewhere", dense(0), 0);
  place.put(dense(0), 0);

  lv::runner<> installer, scorer({.mode = lv::profile::fast, .budget = 32});
  const auto told = [&](const lv::acknowledgement& a) {
    if (a.what == lv::acknowledgement::outcome::admitted) return void(++o.admitted);
    ++o.refused;
    const std::uint64_t number = a.version >= 1'000'000 ? a.version - 1'000'000 : 10 * (o.admitted / 9);
    constexpr std::string_view said[] = {"",       "cannot open",    "its signature",      "its version",
                                         "schema", "golden vectors", "its finite outputs", "its time"};
    o.refused_by_name += a.reason.view().find(said[1 + number / 10 % 7]) != std::string_view::npos;
  };
  const lv::admission_options strict{.schema = lv::schema_hash(names), .row_budget = lv::duration{500}};
  auto installing =
      lv::flow(lv::from(models{}) |
               lv::install<"install">(with_swaps ? place : elsewhere, lv::admission(strict, same_bytes), load) | lv::to(told));

  dense expected(0);
  std::uint64_t version = 0, turn = 0;
  const paced* source = nullptr;
  auto scoring = lv::flow(lv::from<"paced">(paced{}) | lv::infer<"bearing">(place) | lv::to([&](const lv::scored<event>& s) {
                            if (s.model_version != version) {
                              o.mixed += s.event.turn == turn && o.scored > 0;
                              ++o.versions;
                              expected = dense(version = s.model_version);
                            }
                            turn = s.event.turn;
                            float score[1];
                            expected.score(s.event.samples, score);
                            o.wrong += s.event.number != o.scored || !(std::fabs(s.score() - score[0]) <= 1e-5f);
                            ++o.scored;
                            const std::int64_t now = lv::wall_clock{}.steady().ns;
                            o.late.add(static_cast<std::uint64_t>(now - source->due(s.event.number)));
                            o.took.add(static_cast<std::uint64_t>(now - s.event.handed_over));
                          }));
  source = &scoring.at<"paced">();
  const auto cores = bench::two_cores();
  if (cores) bench::pin_to(cores->second);
  if (!installer.start(installing)) std::exit(70);
  if (cores) bench::pin_to(cores->first);
  if (!scorer.run(scoring)) std::exit(70);
  if (!installer.wait()) std::exit(70);
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 3;
  const auto print = [](std::string_view metric, std::string_view unit, std::string_view who, double value,
                        const std::string& note) {
    bench::print({.name = "model/swap",
                  .metric = std::string(metric),
                  .unit = std::string(unit),
                  .who = std::string(who),
                  .value = value,
                  .note = note});
  };
  for (long i = 0; i < rounds; ++i) {
    const outcome a = run(false), o = run(true), b = run(false);
    for (const outcome* one : {&a, &o, &b})
      if (one->wrong != 0)
        return std::fprintf(stderr, "bench_swap: %llu scores are not those of their version\n",
                            static_cast<unsigned long long>(one->wrong)),
               70;
    if (o.admitted != swaps || o.refused != bad || o.refused_by_name != bad)
      return std::fprintf(stderr, "bench_swap: %llu admitted, %llu refused, %llu of them by name\n",
                          static_cast<unsigned long long>(o.admitted), static_cast<unsigned long long>(o.refused),
                          static_cast<unsigned long long>(o.refused_by_name)),
             70;
    const auto note = std::to_string(o.admitted) + " swaps of which " + std::to_string(o.versions) + " scored, " +
                      std::to_string(o.refused_by_name) + " bad models refused by name";
    print("lost", "events", "levada", static_cast<double>(events - o.scored), note);
    print("mixed", "turns", "levada", static_cast<double>(o.mixed), note);
    const auto tail = [&](std::string_view metric, auto which) {
      const auto of = [&](const outcome& one) { return static_cast<double>((one.*which).quantile(0.999)) / 1000; };
      print(metric, "us", "levada", of(o), note);
      print(metric, "us", "without swaps", of(a), "before");
      print(metric, "us", "without swaps", of(b), "after");
    };
    tail("p99.9", &outcome::took);
    tail("p99.9 since due", &outcome::late);
  }
  return 0;
}
