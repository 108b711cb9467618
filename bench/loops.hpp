// SPDX-License-Identifier: BSL-1.0
// loops: programs that time fused flows beside loops for the same work, and say what callgrind has counted of them.
//   PROGRAM [--benchmark_...]                       times, as samples, one a repetition
//   PROGRAM --cases                                 prints what can be counted: a line "CASE WHO" each
//   PROGRAM --count CASE WHO PASSES                 does the work inside levada_bench_counted, for callgrind
//   PROGRAM --counted CASE WHO PASSES INSTRUCTIONS  prints the sample of what callgrind has counted
#pragma once

#include "jobs.hpp"
#include "sample.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// The section that callgrind is told to count.
template <class Side>
[[gnu::noinline]] void levada_bench_counted(Side& side, std::span<const reading> events, lv::timestamp& now) {
  pass(side, events, now);
  if constexpr (requires { side.settle(); }) side.settle();
}

struct contestant {
  std::string name;
  std::string who;
  double (*run)(std::vector<reading> events, std::size_t passes);
  void (*time)(benchmark::State&, std::vector<reading> events);
  std::string metric = "time";  ///< instructions are counted where it is the time

  [[nodiscard]] std::string title() const { return name + ":" + metric + ":" + who; }
};

/// Between two passes: the events may become others, which is not measured.
struct same_again {
  void operator()(std::span<reading>) const {}
};

template <class Side, class Between>
double run(std::vector<reading> events, std::size_t passes) {
  auto side = std::make_unique<Side>();
  lv::timestamp now{};
  pass(*side, std::span<const reading>(events), now);  // keys get their slots outside of the count
  for (std::size_t i = 0; i < passes; ++i) {
    if constexpr (requires { side->settle(); }) side->settle();
    Between{}(events);
    levada_bench_counted(*side, events, now);
  }
  return side->finish();
}

template <class Side, class Between>
void time(benchmark::State& state, std::vector<reading> events) {
  auto side = std::make_unique<Side>();
  lv::timestamp now{};
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    levada_bench_counted(*side, events, now);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    Between{}(events);
  }
  benchmark::DoNotOptimize(side->finish());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events.size()));
}

template <class Side, class Between = same_again>
contestant one(std::string name, std::string who, std::string metric = "time") {
  return {std::move(name), std::move(who), run<Side, Between>, time<Side, Between>, std::move(metric)};
}

/// All who take part in a case must come to the same result, up to the rounding of fused multiplications.
inline bool agree(const std::vector<contestant>& everyone, const std::vector<reading>& events) {
  bool all = true;
  for (const contestant& peer : everyone) {
    if (peer.who == "levada") continue;
    for (const contestant& own : everyone) {
      if (own.name != peer.name || own.metric != peer.metric || own.who != "levada") continue;
      const double x = own.run(events, 3), y = peer.run(events, 3);
      if (std::abs(x - y) <= 1e-9 * std::abs(y) && y != 0) continue;
      std::fprintf(stderr, "%s: levada says %.17g, %s says %.17g: not the same work\n", own.name.c_str(), x, peer.who.c_str(), y);
      all = false;
    }
  }
  return all;
}

/// Keeps what Google Benchmark reports, an own sample for each repetition. They come in random order.
class recorder : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& r : runs)
      if (r.run_type == Run::RT_Iteration && !r.error_occurred)
        rates_.emplace_back(r.run_name.function_name, r.counters.at("items_per_second"));
  }
  void print_samples_of(const contestant& each) const {
    for (const auto& [title, rate] : rates_) {
      if (title != each.title()) continue;
      print({.name = each.name, .metric = each.metric, .unit = "ns/event", .who = each.who, .value = 1e9 / rate});
      if (each.name == "flow/sensor" && each.metric == "time")
        print(
            {.name = each.name, .metric = "rate", .unit = "M events/s", .better = "more", .who = each.who, .value = rate * 1e-6});
    }
  }

 private:
  std::vector<std::pair<std::string, double>> rates_;
};

/// What main does.
inline int run_loops(int argc, char** argv, const std::vector<contestant>& everyone, const std::vector<reading>& events) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--cases") {
    for (const contestant& each : everyone)
      if (each.metric == "time") std::printf("%s %s\n", each.name.c_str(), each.who.c_str());
    return 0;
  }
  if (first == "--counted" && argc == 6) {
    const double instructions = std::strtod(argv[5], nullptr), passes = std::strtod(argv[4], nullptr);
    print(sample{.name = argv[2],
                 .metric = "instructions",
                 .unit = "an event",
                 .who = argv[3],
                 .value = instructions / (passes * static_cast<double>(different_events))});
    return instructions > 0 ? 0 : 65;
  }
  if (first == "--count" && argc == 5) {
    const std::size_t passes = std::strtoul(argv[4], nullptr, 10);
    for (const contestant& each : everyone)
      if (each.name == argv[2] && each.who == argv[3]) {
        std::printf("result %.17g\n", each.run(events, passes));
        return 0;
      }
    std::fprintf(stderr, "there is no %s of %s; see --cases\n", argv[2], argv[3]);
    return 64;
  }
  if (!agree(everyone, events)) return 1;
  for (const contestant& each : everyone) benchmark::RegisterBenchmark(each.title().c_str(), each.time, events)->UseManualTime();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  recorder record;
  benchmark::RunSpecifiedBenchmarks(&record);
  for (const contestant& each : everyone) record.print_samples_of(each);
  return 0;
}

}  // namespace bench
