// SPDX-License-Identifier: BSL-1.0
// bus: messages through a topic and through its peers, between two cores, as threads and as processes.
//   bench_bus [--rounds N]   every ring N times, in turns, so that all meet the same machine; prints samples
#include "cores.hpp"
#include "rings.hpp"
#include "sample.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace bench;

std::pair<int, int> cores;

/// Takes one sample between two ping-pongs. One that lost its core, or in which the machine changed its state, is taken again;
/// on a machine that has other work all the time it says "busy".
template <class Measure>
bool take(sample s, Measure measure) {
  constexpr int attempts = 5;
  for (int i = 1; i <= attempts; ++i) {
    const measured before = ping_pong(cores), m = measure(), after = ping_pong(cores);
    if (!m.right) {
      std::fprintf(stderr, "bench_bus: %s of %s lost, doubled or tore a message\n", s.name.c_str(), s.who.c_str());
      return false;
    }
    s.state = state_of(before.value, after.value);
    s.value = m.value;
    const bool counts = before.undisturbed && m.undisturbed && after.undisturbed && s.state != "mixed";
    if (!counts && i < attempts) continue;
    if (!counts) s.state = "busy";
    print(s);
    break;
  }
  return true;
}

/// Million messages a second.
template <class Ring, std::size_t Size>
measured rate(sides how) {
  constexpr std::uint64_t total = std::min<std::uint64_t>(16'000'000, (std::uint64_t{128} << 20) / Size);
  shared<Ring> ring;
  ledger read;
  ring->prepare_receive();
  const outcome ran =
      race(how, cores, [&] { ring->prepare_send(); }, [&] { ring->send(total); }, [&] { ring->receive(total, read); });
  return {static_cast<double>(total) * 1e-6 / ran.seconds, ran.ended_well && read.is_right<Size>(total), ran.undisturbed};
}

/// Mean round trip in ns: a message there over one ring, and back over another.
template <class Ring, std::size_t Size>
measured round_trip(sides how) {
  constexpr std::uint64_t total = 20'000;
  struct rings {
    Ring there, back;
  };
  shared<rings> both;
  ledger read;
  const auto send = [](Ring& ring, const message<Size>& m) {
    while (!ring.push(m)) relax();
  };
  const auto receive = [](Ring& ring, message<Size>& m) {
    while (!ring.pop(m)) relax();
  };
  both->back.prepare_receive();
  both->there.prepare_send();
  const outcome ran = race(
      how, cores,
      [&] {
        both->there.prepare_receive();
        both->back.prepare_send();
      },
      [&] {
        message<Size> m;
        for (std::uint64_t i = 0; i < total; ++i) {
          receive(both->there, m);
          send(both->back, m);
        }
      },
      [&] {
        message<Size> m;
        for (std::uint64_t i = 0; i < total; ++i) {
          m.write(i);
          send(both->there, m);
          receive(both->back, m);
          read.take(m);
        }
      });
  return {ran.seconds * 1e9 / static_cast<double>(total), ran.ended_well && read.is_right<Size>(total), ran.undisturbed};
}

template <class Ring, std::size_t Size>
bool stream(sides how) {
  return take({.name = "bus/spsc/" + std::to_string(Size) + "B/" + name_of(how),
               .metric = "rate",
               .unit = "M msg/s",
               .better = "more",
               .who = Ring::name},
              [how] { return rate<Ring, Size>(how); });
}
template <class Ring>
bool echo(sides how) {
  return take({.name = std::string("bus/rtt/56B/") + name_of(how),
               .metric = "round trip",
               .unit = "ns",
               .who = Ring::name,
               .note = "over two stream rings"},
              [how] { return round_trip<Ring, 56>(how); });
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
  bool right = echo<topic_ring<56>>(how);
  right &= take({.name = std::string("bus/rtt/56B/") + name_of(how), .metric = "round trip", .unit = "ns", .who = "raw-line"},
                [how] { return ping_pong(cores, 20'000, how); });
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
  const auto found = two_cores();
  if (!found) {
    std::fputs("bench_bus: it needs two cores, and this process may use one\n", stderr);
    return 69;
  }
  cores = *found;
  name_the_missing();
  bool right = true;
  for (long i = 0; i < rounds && right; ++i) {
    right &= everything<8>() && everything<64>() && everything<256>() && everything<1024>();
    right &= echoes(sides::threads) && echoes(sides::processes);
  }
  return right ? 0 : 1;
}
