// SPDX-License-Identifier: BSL-1.0
// contest: samples of two cores, taken between two ping-pongs, so that each knows in which state the machine was.
#pragma once

#include "cores.hpp"
#include "rings.hpp"
#include "sample.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace bench {

inline std::pair<int, int> cores;

/// Ends the program where there are no two.
inline void find_cores() {
  const auto found = two_cores();
  if (!found) std::fputs("bench: it needs two cores, and this process may use one\n", stderr), std::exit(69);
  cores = *found;
}

/// Takes one sample between two ping-pongs, of one or several metrics. One that lost its core, or in which the machine changed
/// its state, is taken again; on a machine that has other work all the time it says "busy".
template <std::size_t N, class Measure>
bool take(std::array<sample, N> samples, Measure measure) {
  constexpr int attempts = 5;
  for (int i = 1; i <= attempts; ++i) {
    const measured before = ping_pong(cores);
    const std::array<measured, N> values = measure();
    const measured after = ping_pong(cores);
    if (!values[0].right) {
      std::fprintf(stderr, "bench: %s of %s lost, doubled or tore a message\n", samples[0].name.c_str(), samples[0].who.c_str());
      return false;
    }
    std::string state = state_of(before.value, after.value);
    const bool counts = before.undisturbed && values[0].undisturbed && after.undisturbed && state != "mixed";
    if (!counts && i < attempts) continue;
    if (!counts) state = "busy";
    for (std::size_t k = 0; k < N; ++k) {
      samples[k].state = state;
      samples[k].value = values[k].value;
      print(samples[k]);
    }
    break;
  }
  return true;
}
template <class Measure>
bool take(sample s, Measure measure) {
  return take(std::array{std::move(s)}, [&] { return std::array{measure()}; });
}

/// Million messages a second.
template <class Ring, std::size_t Size>
measured rate(sides how) {
  constexpr std::uint64_t total = std::min<std::uint64_t>(32'000'000, Ring::volume / Size);
  shared<Ring> ring;
  ledger read;
  ring->prepare_receive();
  const outcome ran = race(
      how, cores, [&] { ring->prepare_send(); }, [&] { ring->send(total); },
      [&] {
        ledger own;  // a local one, for every ring: no message can alias it
        ring->receive(total, own);
        read = own;
      });
  return {static_cast<double>(total) * 1e-6 / ran.seconds, ran.ended_well && read.is_right<Size>(total), ran.undisturbed};
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

}  // namespace bench
