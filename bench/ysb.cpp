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
contestant moving(std::string who, std::string metric) {
  return one<Side, move_events_on>("flow/ysb", std::move(who), std::move(metric));
}

std::vector<contestant> contestants() {
  return {
      moving<fused<ysb::make<true>>>("levada", "dense keys"),
      moving<ysb::hand<true>>("hand loop, same policy", "dense keys"),
      moving<ysb::hand_without_event_time>("hand loop, no event time", "dense keys"),
      moving<fused<ysb::make<false>>>("levada", "keys by table"),
      moving<ysb::hand<false>>("hand loop, same policy", "keys by table"),
#ifdef LEVADA_BENCH_TBB
      moving<graphs::ysb_by_event>("tbb, an event a message", "dense keys"),
      moving<fused<ysb::make<true, false>>>("levada", "filter"),
      moving<graphs::ysb_by_batch<4096, 2>>("tbb, batches", "filter"),
      moving<graphs::ysb_by_batch<4096, 1>>("tbb, batches, one core", "filter"),
      moving<fused<ysb::make<true>>>("levada", "select"),
      moving<graphs::ysb_by_batch<4096, 2>>("tbb, batches", "select"),
      moving<graphs::ysb_by_batch<4096, 1>>("tbb, batches, one core", "select"),
      one<fused<sensor::make>>("flow/sensor", "levada"),
      one<graphs::sensor_by_event>("flow/sensor", "tbb, an event a message"),
      one<graphs::sensor_by_batch<4096, 1>>("flow/sensor", "tbb, batches, one core"),
#endif
  };
}

}  // namespace

int main(int argc, char** argv) { return bench::run_loops(argc, argv, contestants(), bench::unordered_readings()); }
