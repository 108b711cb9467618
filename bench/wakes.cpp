// SPDX-License-Identifier: BSL-1.0
// wakes: what a thousand wake-ups a second cost on this machine, with nothing done in them: the floor under a probe that
// samples timers at 1 kHz. Prints percent of a core, of this process, over three seconds.
#include <levada/os/clock.hpp>
#include <levada/os/loop.hpp>

#include <cstdio>

#include <ctime>

int main() {
  using namespace levada::literals;
  auto loop = levada::loop::make();
  if (!loop) return loop.error().exit_code();
  const levada::wall_clock clock;
  const auto cpu_seconds = [] {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  const double cpu = cpu_seconds();
  const levada::duration begun = clock.steady();
  levada::duration next = begun;
  for (int i = 0; i < 3000; ++i) {
    next = next + 1_ms;
    loop->wait(next);
  }
  std::printf("%.2f\n", 100 * (cpu_seconds() - cpu) / (clock.steady() - begun).seconds());
}
