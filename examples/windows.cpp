// SPDX-License-Identifier: BSL-1.0
// windows: two machines report their temperature; four kinds of windows look at them, each machine by itself.
#include <levada/levada.hpp>

#include <cstdint>
#include <cstdio>
#include <span>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  std::uint32_t machine;
  double celsius;
};

/// A source of our own: asked for events, it makes the next one, and says at what time it happened. Machine 1 reports every
/// 100 ms, machine 2 every 300 ms; both warm up.
struct machines {
  using event_type = reading;
  static constexpr bool brings_time = true;  // so the clock on the wall has no say, and every run prints the same
  std::uint64_t tenths = 0;

  lv::polled poll(auto out, std::size_t) {
    if (tenths == 20) return lv::polled::end;
    const lv::timestamp time{static_cast<std::int64_t>(tenths) * 100'000'000};
    const double warm = static_cast<double>(tenths);
    const reading both[] = {{time, 1, 20.0 + warm}, {time, 2, 50.0 + 2 * warm}};
    out.advance(time);
    out(std::span(both, tenths % 3 == 0 ? 2 : 1));
    ++tenths;
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return tenths; }
};

/// Runs the machines' readings through a window, and prints a line for each of its results.
int print_table(const char* title, auto window) {
  std::printf("%s\n  machine    from      to  readings  mean  max\n", title);
  auto print = [](const auto& row) {
    std::printf("  %7u %5.1f s %5.1f s  %8d  %4.1f %4.0f\n", row.key, static_cast<double>(row.start.ns) / 1e9,
                static_cast<double>(row.end.ns) / 1e9, static_cast<int>(row.template get<lv::count>()),
                row.template get<lv::mean>(), row.template get<lv::max>());
  };
  auto flow = lv::flow(lv::from(machines{}) | lv::key_by(&reading::machine) | window | lv::to(print));
  return lv::run(flow, {.base = lv::time_base::events});
}

int main() {
  const auto results = lv::aggregate<lv::count, lv::mean, lv::max>(&reading::celsius);
  int code = print_table("tumbling{5}: every 5 readings of a machine", lv::window<lv::tumbling{5}>(results));
  code |= print_table("sliding{6, 3}: the last 6, every 3", lv::window<lv::sliding{6, 3}>(results));
  code |= print_table("tumbling{1_s}: second by second", lv::window<lv::tumbling{1_s}>(results));
  code |= print_table("sliding{1_s, 500_ms}: the last second, twice a second", lv::window<lv::sliding{1_s, 500_ms}>(results));
  return code;
}
