// SPDX-License-Identifier: BSL-1.0
// ysb: the Yahoo streaming benchmark in event time, and the sensor job, beside loops written by hand and the flow graph of
// oneTBB. How it is called: see loops.hpp.
#include "ysb.hpp"
#include "loops.hpp"

#ifdef LEVADA_BENCH_TBB
#include "graphs.hpp"
#endif

#include <span>
#include <vector>

namespace {

using namespace bench;

struct move_events_on {
  void operator()(std::span<reading> events) const { move_on(events); }
};
template <class Side>
contestant moving(std::string name, std::string who, bool is_counted = true) {
  return one<Side, move_events_on>(std::move(name), std::move(who), is_counted);
}

std::vector<contestant> contestants() {
  return {
      moving<fused<ysb::make<true>>>("flow/ysb", "levada"),
      moving<ysb::hand<true>>("flow/ysb", "hand-loop"),
      moving<ysb::hand_without_event_time>("flow/ysb", "hand-loop-without-event-time"),
      moving<fused<ysb::make<false>>>("flow/ysb/table", "levada"),
      moving<ysb::hand<false>>("flow/ysb/table", "hand-loop"),
      moving<fused<ysb::make<true, false>>>("flow/ysb/filter", "levada"),
#ifdef LEVADA_BENCH_TBB
      moving<graphs::ysb_by_event>("flow/ysb", "tbb-by-event", false),
      moving<graphs::ysb_by_batch<1024, 1>>("flow/ysb", "tbb-by-1024-on-one-core", false),
      moving<graphs::ysb_by_batch<4096, 1>>("flow/ysb", "tbb-by-4096-on-one-core", false),
      moving<graphs::ysb_by_batch<1024, 2>>("flow/ysb", "tbb-by-1024-on-two-cores", false),
      moving<graphs::ysb_by_batch<4096, 2>>("flow/ysb", "tbb-by-4096-on-two-cores", false),
      moving<graphs::ysb_by_batch<1024, 1>>("flow/ysb/filter", "tbb-by-1024-on-one-core", false),
      moving<graphs::ysb_by_batch<4096, 1>>("flow/ysb/filter", "tbb-by-4096-on-one-core", false),
      moving<graphs::ysb_by_batch<1024, 2>>("flow/ysb/filter", "tbb-by-1024-on-two-cores", false),
      moving<graphs::ysb_by_batch<4096, 2>>("flow/ysb/filter", "tbb-by-4096-on-two-cores", false),
      one<fused<sensor::make>>("flow/sensor", "levada", false),
      one<graphs::sensor_by_event>("flow/sensor", "tbb-by-event", false),
      one<graphs::sensor_by_batch<1024, 1>>("flow/sensor", "tbb-by-1024-on-one-core", false),
      one<graphs::sensor_by_batch<4096, 1>>("flow/sensor", "tbb-by-4096-on-one-core", false),
      one<graphs::sensor_by_batch<1024, 2>>("flow/sensor", "tbb-by-1024-on-two-cores", false),
      one<graphs::sensor_by_batch<4096, 2>>("flow/sensor", "tbb-by-4096-on-two-cores", false),
#endif
  };
}

}  // namespace

int main(int argc, char** argv) { return bench::run_loops(argc, argv, contestants(), bench::unordered_readings()); }
