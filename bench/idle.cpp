// SPDX-License-Identifier: BSL-1.0
// idle: what a runner with ten slow timers and a hundred silent UDP sockets takes of a processor.
//   bench_idle [SECONDS]   LEVADA_LOOP chooses the loop
#include <levada/core/time.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/timer.hpp>
#include <levada/source/udp.hpp>

#include "sample.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <tuple>
#include <utility>

namespace {

namespace lv = levada;

struct nothing_sent {
  std::uint64_t value;
};

double processor_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// One timer and ten sockets.
template <std::size_t... Socket>
auto tenth(lv::duration period, std::uint64_t& events, std::index_sequence<Socket...>) {
  const auto count = [&events](const auto&) { ++events; };
  const auto socket = [](std::size_t) { return lv::udp<nothing_sent>("127.0.0.1:0"); };
  return lv::flow(lv::from(lv::timer(period)) | lv::to(count), (lv::from(socket(Socket)) | lv::to(count))...);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 5;
  std::uint64_t events = 0;
  const auto slow = [&events](std::int64_t i) {
    return tenth(lv::duration{1'000'000'000 + 100'000'000 * i}, events, std::make_index_sequence<10>{});
  };
  std::array all{slow(0), slow(1), slow(2), slow(3), slow(4), slow(5), slow(6), slow(7), slow(8), slow(9)};
  const auto loop = lv::loop::make();
  if (!loop) return std::fprintf(stderr, "bench_idle: %s\n", loop.error().sentence.c_str()), 71;
  lv::runner<> runner;
  if (lv::result<> begun = std::apply([&](auto&... flows) { return runner.start(flows...); }, all); !begun) {
    std::fprintf(stderr, "bench_idle: %s\n", begun.error().sentence.c_str());
    return begun.error().exit_code();
  }
  const timespec wait{static_cast<time_t>(seconds), static_cast<long>((seconds - std::floor(seconds)) * 1e9)};
  const double before = processor_seconds();
  ::nanosleep(&wait, nullptr);
  const double used = processor_seconds() - before;
  if (lv::result<> ended = runner.stop(); !ended) {
    std::fprintf(stderr, "bench_idle: %s\n", ended.error().sentence.c_str());
    return ended.error().exit_code();
  }
  if (seconds >= 2 && events == 0) return std::fputs("bench_idle: no timer has fired\n", stderr), 1;
  bench::print({.name = "flow/idle",
                .metric = std::string(loop->name()),
                .unit = "% of a core",
                .value = 100 * used / seconds,
                .note = "10 timers of 1 s and more, 100 UDP sockets"});
}
