// SPDX-License-Identifier: BSL-1.0
// bus: messages through a topic and through its peers, between two cores, as threads and as processes.
//   bench_bus [--rounds N]   every ring N times, in turns, so that all meet the same machine; prints samples
#include "contest.hpp"
#include "cores.hpp"
#include "rings.hpp"
#include "sample.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace bench;

/// The time of each round trip, by the processor's counter where there is one: a clock would cost half of the trip.
class alignas(128) stopwatch {  // the other core reads what lies beside it
 public:
  explicit stopwatch(std::size_t rounds) { ticks_.reserve(rounds + 1); }
  void click() { ticks_.push_back(now()); }
  /// Which share of the rounds was no longer, in ns. All of them took so many seconds.
  [[nodiscard]] double quantile(double share, double seconds) const {
    std::vector<std::uint64_t> took;
    for (std::size_t i = 1; i < ticks_.size(); ++i) took.push_back(ticks_[i] - ticks_[i - 1]);
    const auto at = took.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(took.size() - 1));
    std::ranges::nth_element(took, at);
    return static_cast<double>(*at) * seconds * 1e9 / static_cast<double>(ticks_.back() - ticks_.front());
  }

 private:
  static std::uint64_t now() {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }
  std::vector<std::uint64_t> ticks_;
};
inline constexpr std::uint64_t round_trips = 20'000;

/// Round trips in ns, p50 and p99.9. answer(i) runs on one core, ask(i) on the other and is over when the answer is there.
template <class Prepare, class Answer, class Ask, class Right>
std::array<measured, 2> time_round_trips(sides how, Prepare prepare, Answer answer, Ask ask, Right right) {
  stopwatch watch(round_trips);
  const outcome ran = race(
      how, cores, prepare,
      [&] {
        const auto own = answer;  // on this core's stack: a line of the other one's is written all the time
        for (std::uint64_t i = 0; i < round_trips; ++i) own(i);
      },
      [&] {
        watch.click();
        for (std::uint64_t i = 0; i < round_trips; ++i) ask(i), watch.click();
      });
  const bool well = ran.ended_well && right();
  return {measured{watch.quantile(0.5, ran.seconds), well, ran.undisturbed},
          measured{watch.quantile(0.999, ran.seconds), well, ran.undisturbed}};
}

/// A message there over one ring, and back over another.
template <class Ring, std::size_t Size>
std::array<measured, 2> round_trip(sides how) {
  struct rings {
    Ring there, back;
  };
  shared<rings> both;
  alignas(128) ledger read;
  const auto send = [](Ring& ring, const message<Size>& m) {
    while (!ring.push(m)) relax();
  };
  const auto receive = [](Ring& ring, message<Size>& m) {
    while (!ring.pop(m)) relax();
  };
  both->back.prepare_receive();
  both->there.prepare_send();
  return time_round_trips(
      how,
      [&] {
        both->there.prepare_receive();
        both->back.prepare_send();
      },
      [receive, send, to = &*both](std::uint64_t) {
        message<Size> m;
        receive(to->there, m);
        send(to->back, m);
      },
      [&](std::uint64_t i) {
        message<Size> m;
        m.write(i);
        send(both->there, m);
        receive(both->back, m);
        read.take(m);
      },
      [&] { return read.is_right<Size>(round_trips); });
}
/// One cache line there and back, timed alike: what the machine can do.
std::array<measured, 2> raw_round_trip(sides how) {
  struct line {
    alignas(128) std::atomic<std::uint64_t> value{0};
  };
  shared<line> ball;
  return time_round_trips(
      how, [] {},
      [&value = ball->value](std::uint64_t i) {
        while (value.load(std::memory_order_acquire) != 2 * i + 1) relax();
        value.store(2 * i + 2, std::memory_order_release);
      },
      [&value = ball->value](std::uint64_t i) {
        value.store(2 * i + 1, std::memory_order_release);  // each pairs with the acquire of the other side
        while (value.load(std::memory_order_acquire) != 2 * i + 2) relax();
      },
      [] { return true; });
}
/// A line there and another one back, and every trip takes the next, as the slots of two rings do.
template <std::size_t Lines>
std::array<measured, 2> raw_round_trip_over(sides how) {
  struct line {
    alignas(64) std::atomic<std::uint64_t> value{0};
  };
  struct balls {
    alignas(128) line there[Lines];
    alignas(128) line back[Lines];
  };
  shared<balls> all;
  return time_round_trips(
      how, [] {},
      [&b = *all](std::uint64_t i) {
        while (b.there[i % Lines].value.load(std::memory_order_acquire) != i + 1) relax();
        b.back[i % Lines].value.store(i + 1, std::memory_order_release);
      },
      [&b = *all](std::uint64_t i) {
        b.there[i % Lines].value.store(i + 1, std::memory_order_release);  // each pairs with the acquire of the other side
        while (b.back[i % Lines].value.load(std::memory_order_acquire) != i + 1) relax();
      },
      [] { return true; });
}

template <class Measure>
bool echo(sides how, const char* who, Measure measure) {
  const sample p50{.name = std::string("bus/rtt/56B/") + name_of(how),
                   .metric = "round trip p50",
                   .unit = "ns",
                   .who = who,
                   .note = "over two line rings"};
  sample tail = p50;
  tail.metric = "round trip p99.9";
  return take(std::array{p50, tail}, [&] { return measure(how); });
}
template <class Ring>
bool echo(sides how) {
  return echo(how, Ring::name, round_trip<Ring, 56>);
}

/// What a header before each message costs, beside the ring that needs none.
bool frames_beside_stream(sides how) {
  sample s{.name = std::string("bus/frames/64B/") + name_of(how), .metric = "rate", .unit = "M msg/s", .better = "more"};
  bool right = take(s, [how] { return rate<frames_ring<64>, 64>(how); });
  s.who = "levada stream";
  return take(s, [how] { return rate<topic_ring<64>, 64>(how); }) && right;
}

/// Rings that need no heap of their own, so that they work in a shared mapping too.
template <std::size_t Size>
bool anywhere(sides how) {
  bool right = stream<topic_ring<Size>, Size>(how);
#ifdef LEVADA_BENCH_BOOST
  right &= stream<boost_bulk<Size>, Size>(how);
  right &= stream<boost_single<Size>, Size>(how);
#endif
#ifdef LEVADA_BENCH_ATOMIC_QUEUE
  right &= stream<atomic_ring<Size>, Size>(how);
#endif
  return right;
}
template <std::size_t Size>
bool everything() {
  bool right = anywhere<Size>(sides::threads);
#ifdef LEVADA_BENCH_READERWRITERQUEUE
  right &= stream<reader_writer_ring<Size>, Size>(sides::threads);
#endif
#ifdef LEVADA_BENCH_CONCURRENTQUEUE
  right &= stream<concurrent_bulk<Size>, Size>(sides::threads);
#endif
  return anywhere<Size>(sides::processes) && right;
}
bool echoes(sides how) {
  bool right = echo<line_ring<56>>(how);
  right &= echo(how, "raw-line", raw_round_trip);
  right &= echo(how, "raw-lines", raw_round_trip_over<slots<56>>);
#ifdef LEVADA_BENCH_BOOST
  right &= echo<boost_single<56>>(how);
#endif
#ifdef LEVADA_BENCH_ATOMIC_QUEUE
  right &= echo<atomic_ring<56>>(how);
#endif
  return right;
}

void name_the_missing() {
#ifndef LEVADA_BENCH_BOOST
  std::fputs("bench_bus: boost lockfree is not installed (libboost1.81-dev)\n", stderr);
#endif
#ifndef LEVADA_BENCH_ATOMIC_QUEUE
  std::fputs("bench_bus: atomic_queue is not installed (libatomic-queue-dev)\n", stderr);
#endif
#ifndef LEVADA_BENCH_READERWRITERQUEUE
  std::fputs("bench_bus: readerwriterqueue is not installed (libreaderwriterqueue-dev)\n", stderr);
#endif
#ifndef LEVADA_BENCH_CONCURRENTQUEUE
  std::fputs("bench_bus: concurrentqueue is not installed (libconcurrentqueue-dev)\n", stderr);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  long rounds = 9;
  if (argc == 3 && std::string_view(argv[1]) == "--rounds") rounds = std::strtol(argv[2], nullptr, 10);
  find_cores();
  name_the_missing();
  bool right = true;
  for (long i = 0; i < rounds && right; ++i) {
    right &= everything<8>() && everything<64>() && everything<256>() && everything<1024>();
    right &= frames_beside_stream(sides::threads) && frames_beside_stream(sides::processes);
    right &= echoes(sides::threads) && echoes(sides::processes);
  }
  return right ? 0 : 1;
}
