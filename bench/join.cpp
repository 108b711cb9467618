// SPDX-License-Identifier: BSL-1.0
// join: two streams of 10 000 keys, joined by key and time on one core, beside the map of queues that one would write by hand.
// Every event meets those of the other stream within a second: two on average, of which one has come already.
//   bench_join [--rounds N]
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/interval_join.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include "sample.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#if __has_include(<boost/unordered/unordered_flat_map.hpp>)
#include <boost/unordered/unordered_flat_map.hpp>
#define LEVADA_BENCH_FLAT_MAP 1
#endif

namespace {

namespace lv = levada;
using namespace lv::literals;

struct left_event {
  lv::timestamp time{};
  std::uint64_t key = 0;
  std::uint64_t value = 0;
};
struct right_event {
  std::uint64_t key = 0;
  lv::timestamp time{};
  std::uint64_t value = 0;
};

constexpr std::size_t events = 1 << 20;  // of each stream
constexpr std::size_t span = 1024;
constexpr std::uint32_t key_count = 10'000;
constexpr lv::timestamp begin_of_time{1'000'000'000'000};
constexpr lv::duration step = 100_us;  // a key has an event of each stream every second, on average
constexpr lv::duration disorder = 10_ms;
constexpr lv::duration reach = 1_s;

struct streams {
  std::vector<left_event> left;
  std::vector<right_event> right;
};
lv::timestamp time_of(std::size_t i) { return begin_of_time + step * static_cast<std::int64_t>(i); }
streams make_streams() {
  std::mt19937_64 random{7};
  std::vector<std::uint64_t> identity(key_count);
  for (auto& one : identity) one = random();
  streams s{std::vector<left_event>(events), std::vector<right_event>(events)};
  for (std::size_t i = 0; i < events; ++i) {
    const auto time = [&] {
      return time_of(i) - lv::duration{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(disorder.ns))};
    };
    s.left[i] = {time(), identity[random() % key_count], random() % 1000};
    s.right[i] = {identity[random() % key_count], time(), random() % 1000};
  }
  return s;
}

struct total {
  std::uint64_t pairs = 0, sum = 0;
  LEVADA_INLINE void add(const left_event& a, const right_event& b) {
    ++pairs;
    sum += a.value * b.value;
  }
  bool operator==(const total&) const = default;
};
struct outcome {
  total all;
  double rate = 0;  // M events/s
};

/// spans(left, right) for each two spans, then clock(watermark).
template <class Spans, class Clock>
double rate_of(const streams& s, Spans&& spans, Clock&& clock) {
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t at = 0; at < events; at += span) {
    spans(std::span(s.left).subspan(at, span), std::span(s.right).subspan(at, span));
    clock(time_of(at + span) - disorder);  // nothing that follows is late
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return 2 * static_cast<double>(events) * 1e-6 / took.count();
}

outcome fused(const streams& s) {
  struct pair {
    std::uint64_t product;
  };
  outcome o;
  auto flow = lv::flow(lv::connect(lv::from<"left">(lv::input<left_event>()), lv::from<"right">(lv::input<right_event>())) |
                       lv::interval_join(lv::on(&left_event::key, &right_event::key), lv::at(&left_event::time),
                                         lv::at(&right_event::time), lv::between{-reach, +reach},
                                         [](const left_event& a, const right_event& b) { return pair{a.value * b.value}; },
                                         {.bound = key_count}) |
                       lv::to([&all = o.all](const pair& p) {
                         ++all.pairs;
                         all.sum += p.product;
                       }));
  if (!flow.open()) std::exit(70);
  o.rate = rate_of(
      s,
      [&](auto left, auto right) {
        flow.push<"left">(left);
        flow.push<"right">(right);
      },
      [&](lv::timestamp t) { flow.raise_everywhere(lv::watermark{t}); });
  return o;
}

#if defined(LEVADA_BENCH_FLAT_MAP)
/// What is too old goes when its key comes again.
outcome by_hand(const streams& s) {
  struct both {
    std::deque<left_event> left;
    std::deque<right_event> right;
  };
  outcome o;
  boost::unordered_flat_map<std::uint64_t, both> held;
  held.reserve(key_count);
  lv::timestamp clock = lv::long_ago;
  const auto clean = [&](auto& queue) {
    while (!queue.empty() && queue.front().time + reach < clock) queue.pop_front();
  };
  o.rate = rate_of(
      s,
      [&](auto left, auto right) {
        for (const left_event& a : left) {
          both& own = held[a.key];
          clean(own.right);
          for (const right_event& b : own.right)
            if (b.time - a.time >= -reach && b.time - a.time <= reach) o.all.add(a, b);
          clean(own.left);
          own.left.push_back(a);
        }
        for (const right_event& b : right) {
          both& own = held[b.key];
          clean(own.left);
          for (const left_event& a : own.left)
            if (b.time - a.time >= -reach && b.time - a.time <= reach) o.all.add(a, b);
          clean(own.right);
          own.right.push_back(b);
        }
      },
      [&](lv::timestamp t) { clock = t; });
  return o;
}
#endif

void print_rate(const char* who, double rate, const outcome& o) {
  char note[96];
  std::snprintf(note, sizeof note, "both streams together; %.2f pairs an event",
                static_cast<double>(o.all.pairs) / (2.0 * static_cast<double>(events)));
  bench::print({.name = "join/interval/10kkeys",
                .metric = "rate",
                .unit = "M events/s",
                .better = "more",
                .who = who,
                .value = rate,
                .note = note});
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc == 3 && std::string_view(argv[1]) == "--rounds" ? std::strtol(argv[2], nullptr, 10) : 11;
  const streams s = make_streams();
  for (long i = 0; i < rounds; ++i) {
    const outcome own = fused(s);
    print_rate("levada", own.rate, own);
#if defined(LEVADA_BENCH_FLAT_MAP)
    const outcome peer = by_hand(s);
    if (!(own.all == peer.all)) {
      std::fputs("bench_join: levada and the map of queues do not find the same pairs\n", stderr);
      return 1;
    }
    print_rate("flat_map of deques", peer.rate, peer);
#endif
  }
}
