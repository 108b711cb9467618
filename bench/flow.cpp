// SPDX-License-Identifier: BSL-1.0
// flow: fused flows beside the loops that an expert would write for the same work.
//   bench_flow [--benchmark_...]                       times, as samples, one a repetition
//   bench_flow --cases                                 prints what can be counted: a line "CASE WHO" each
//   bench_flow --count CASE WHO PASSES                 does the work inside levada_bench_counted, for callgrind
//   bench_flow --counted CASE WHO PASSES INSTRUCTIONS  prints the sample of what callgrind has counted
#include "jobs.hpp"
#include "sample.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace bench;

/// The section that callgrind is told to count.
template <class Side>
[[gnu::noinline]] void levada_bench_counted(Side& side, std::span<const reading> events, lv::timestamp& now, std::size_t passes) {
  for (std::size_t i = 0; i < passes; ++i) pass(side, events, now);
}

struct contestant {
  std::string name;
  std::string who;
  double (*run)(std::span<const reading>, std::size_t passes);
  void (*time)(benchmark::State&, std::span<const reading>);

  [[nodiscard]] std::string title() const { return name + ":" + who; }
};

template <class Side>
double run(std::span<const reading> events, std::size_t passes) {
  auto side = std::make_unique<Side>();
  lv::timestamp now{};
  pass(*side, events, now);  // keys get their slots outside of the count
  levada_bench_counted(*side, events, now, passes);
  return side->finish();
}

template <class Side>
void time(benchmark::State& state, std::span<const reading> events) {
  auto side = std::make_unique<Side>();
  lv::timestamp now{};
  for (auto _ : state) pass(*side, events, now);
  benchmark::DoNotOptimize(side->finish());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events.size()));
}

template <class Side>
contestant one(std::string name, std::string who) {
  return {std::move(name), std::move(who), run<Side>, time<Side>};
}

std::vector<contestant> contestants() {
  return {
      one<fused<a::make>>("flow/a", "levada"),
      one<a::hand>("flow/a", "hand-loop"),
      one<fused<b::make>>("flow/b", "levada"),
      one<b::hand>("flow/b", "hand-loop"),
      one<fused<c::make>>("flow/c", "levada"),
      one<c::hand>("flow/c", "hand-loop"),
      one<fused<d::make>>("flow/d", "levada"),
      one<d::hand>("flow/d", "hand-loop"),
      one<fused<a::make>>("flow/counted", "levada"),
      one<fused<a_uncounted::make>>("flow/counted", "uncounted"),
      one<fused<a_select::make>>("flow/select", "levada"),
      one<fused<a::make>>("flow/select", "filter"),
      one<fused<sensor::make>>("flow/sensor", "levada"),
      one<sensor::hand>("flow/sensor", "hand-loop"),
      one<fused<b_by_table::make>>("flow/b/table", "levada"),
      one<b_by_table::hand>("flow/b/table", "hand-loop"),
      one<fused<c_by_table::make>>("flow/c/table", "levada"),
      one<c_by_table::hand>("flow/c/table", "hand-loop"),
      one<fused<sensor_by_table::make>>("flow/sensor/table", "levada"),
      one<sensor_by_table::hand>("flow/sensor/table", "hand-loop"),
  };
}

/// All who take part in a case must come to the same result, up to the rounding of fused multiplications.
bool agree(std::span<const reading> events) {
  bool all = true;
  const std::vector<contestant> everyone = contestants();
  for (const contestant& peer : everyone) {
    if (peer.who == "levada") continue;
    for (const contestant& own : everyone) {
      if (own.name != peer.name || own.who != "levada") continue;
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
  void print_samples_of(const contestant& c) const {
    for (const auto& [title, rate] : rates_) {
      if (title != c.title()) continue;
      print({.name = c.name, .metric = "time", .unit = "ns/event", .who = c.who, .value = 1e9 / rate});
      if (c.name == "flow/sensor")
        print({.name = c.name, .metric = "rate", .unit = "M events/s", .better = "more", .who = c.who, .value = rate * 1e-6});
    }
  }

 private:
  std::vector<std::pair<std::string, double>> rates_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  const std::vector<contestant> everyone = contestants();
  if (first == "--cases") {
    for (const contestant& c : everyone) std::printf("%s %s\n", c.name.c_str(), c.who.c_str());
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
  const std::vector<reading> events = readings();
  if (first == "--count" && argc == 5) {
    const std::size_t passes = std::strtoul(argv[4], nullptr, 10);
    for (const contestant& c : everyone)
      if (c.name == argv[2] && c.who == argv[3]) {
        std::printf("result %.17g\n", c.run(events, passes));
        return 0;
      }
    std::fprintf(stderr, "bench_flow: there is no %s of %s; see --cases\n", argv[2], argv[3]);
    return 64;
  }
  if (!agree(events)) return 1;
  for (const contestant& c : everyone)
    benchmark::RegisterBenchmark(c.title().c_str(), c.time, std::span<const reading>(events))->UseRealTime();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  recorder record;
  benchmark::RunSpecifiedBenchmarks(&record);
  for (const contestant& c : everyone) record.print_samples_of(c);
}
