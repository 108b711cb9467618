// SPDX-License-Identifier: BSL-1.0
// pattern: three steps within five seconds, of 10 000 keys, beside the loop that an expert would write: a table of keys, and for
// each a state, a time and the events so far.
//   bench_pattern [--rounds N]   prints samples
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/pattern.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include "cores.hpp"
#include "sample.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace {

using namespace bench;
namespace lv = levada;
using namespace lv::literals;

constexpr std::uint32_t keys = 10'000, kinds = 8;
constexpr std::size_t different_events = 1 << 19, span_length = 4'096, passes = 4;
constexpr lv::duration step = 50_us;  // a key has an event every half second
constexpr lv::duration limit = 5_s;

struct reading {
  lv::timestamp time{};
  std::uint64_t machine = 0;
  double value = 0;
  std::uint32_t kind = 0;
  std::uint32_t unit = 0;
};
static_assert(sizeof(reading) == 32);

/// Keys in no order, kinds that nothing can predict: of eight events of a key one fits the step that is waited for.
std::vector<reading> readings() {
  std::mt19937_64 random{1};
  std::vector<reading> all(different_events);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = {lv::timestamp{} + step * static_cast<std::int64_t>(i), (random() % keys + 1) * 0x9E3779B97F4A7C15u,
              static_cast<double>(random() % 1000), static_cast<std::uint32_t>(random() % kinds),
              static_cast<std::uint32_t>(random() % kinds)};
  return all;
}

/// What matches say, so that no side can do less.
struct tally {
  std::uint64_t matches = 0;
  double values = 0;

  void add(const reading& a, const reading& b, const reading& c) {
    ++matches;
    values += a.value + 2 * b.value + 3 * c.value;
  }
  bool operator==(const tally&) const = default;
};

constexpr auto is_a = [](const reading& r) { return r.kind == 3; };
constexpr auto is_b = [](const reading& r) { return r.value >= 875; };
constexpr auto is_c = [](const reading& r) { return r.unit == 5; };

class by_hand {
 public:
  void push(std::span<const reading> events) {
    for (const reading& r : events) {
      state& s = states_[slot_of(r.machine)];
      if (s.steps > 0 && r.time >= s.start + limit) s.steps = 0;
      switch (s.steps) {
        case 0:
          if (!is_a(r)) continue;
          s = {1, r.time, r, {}};
          break;
        case 1:
          if (!is_b(r)) continue;
          s.steps = 2;
          s.second = r;
          break;
        default:
          if (!is_c(r)) continue;
          s.steps = 0;
          found.add(s.first, s.second, r);
          break;
      }
    }
  }
  tally found{};

 private:
  struct entry {
    std::uint64_t key = 0;
    std::uint32_t slot = 0;
  };
  struct state {
    std::uint32_t steps = 0;
    lv::timestamp start{};
    reading first{}, second{};
  };
  std::uint32_t slot_of(std::uint64_t key) {
    for (std::uint64_t i = key * 0xD6E8FEB86659FD93u >> 47;; i = (i + 1) % table_.size()) {
      entry& e = table_[i];
      if (e.key == key) return e.slot;
      if (e.slot == 0) {
        e = {key, ++size_};
        return size_;
      }
    }
  }
  std::vector<entry> table_ = std::vector<entry>(1 << 17);
  std::vector<state> states_ = std::vector<state>(keys + 1);
  std::uint32_t size_ = 0;
};

auto flow_of(tally& found) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::machine, {.bound = keys}) |
                  lv::pattern<"abc">(lv::at(&reading::time), lv::every<"a">(is_a).then<"b">(is_b).then<"c">(is_c).within(limit)) |
                  lv::to([&](const auto& m) { found.add(m.template get<"a">(), m.template get<"b">(), m.template get<"c">()); }));
}

/// Million events a second. Each pass has later times than the one before.
double rate_of(auto& side, std::vector<reading> events) {
  double seconds = 0;
  for (std::size_t pass = 0; pass <= passes; ++pass) {
    const double begin = seconds_now();
    for (std::size_t at = 0; at < events.size(); at += span_length)
      side.push(std::span<const reading>(events).subspan(at, span_length));
    if (pass > 0) seconds += seconds_now() - begin;  // in the first one keys get their slots
    for (reading& r : events) r.time = r.time + step * static_cast<std::int64_t>(different_events);
  }
  return static_cast<double>(passes * different_events) * 1e-6 / seconds;
}

bool compare(const std::vector<reading>& events) {
  const auto say = [](const char* who, double rate) {
    print(
        {.name = "pattern/3steps/10kkeys", .metric = "rate", .unit = "M events/s", .better = "more", .who = who, .value = rate});
  };
  tally found;
  auto flow = flow_of(found);
  if (!flow.open()) return false;
  by_hand hand;
  say("levada", rate_of(flow, events));
  say("hand-loop", rate_of(hand, events));
  return found == hand.found && found.matches > 0;
}

}  // namespace

int main(int argc, char** argv) {
  long rounds = 9;
  if (argc == 3 && std::string_view(argv[1]) == "--rounds") rounds = std::strtol(argv[2], nullptr, 10);
  if (const auto cores = two_cores()) pin_to(cores->first);
  const std::vector<reading> events = readings();
  for (long i = 0; i < rounds; ++i)
    if (!compare(events)) return std::fputs("bench_pattern: the flow and the loop found different matches\n", stderr), 1;
}
