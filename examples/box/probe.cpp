// SPDX-License-Identifier: BSL-1.0
// probe: samples this machine and publishes what it finds.
#include "disturbance.hpp"
#include "machine_readings.hpp"
#include "roles.hpp"
#include "sensors.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/flat_map.hpp>
#include <levada/sink/to.hpp>
#include <levada/sink/topic.hpp>
#include <levada/source/from.hpp>
#include <levada/source/timer.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace box {

namespace lv = levada;
using namespace lv::literals;

namespace {

/// A tick of the clock becomes a reading of its lateness, and every tenth of a second readings of the whole machine.
class sampler {
 public:
  explicit sampler(double rate) : every_(std::max<std::int64_t>(1, std::llround(rate / 10))) {}

  std::span<const reading> operator()(const lv::timer_event& tick) {
    if (ticks_++ % every_ == 0) {
      const auto all = machine_.sample(tick.time, lv::wall_clock{}.steady());
      readings_.assign(all.begin(), all.end());
    } else {
      readings_.clear();
    }
    readings_.push_back({tick.time, "timer.late_us", static_cast<double>(tick.late.ns) / 1e3});
    return readings_;
  }

 private:
  machine machine_;
  std::vector<reading> readings_;
  std::int64_t every_;
  std::int64_t ticks_ = 0;
};

/// Says in a sentence when the guard goes and comes.
class partner_watch {
 public:
  explicit partner_watch(const options& o) : options_(o) {}

  void look(lv::publisher<reading>& to) {
    const bool here = to.subscriber_alive(guard_name);
    if (here == here_) return;
    here_ = here;
    if (here)
      std::fprintf(stderr, "box probe: the guard is here\n");
    else
      std::fprintf(stderr,
                   "box probe: the guard is gone; the probe goes on, the last %llu readings are kept for it: start it again with "
                   "'%s'\n",
                   static_cast<unsigned long long>(readings_kept), options_.command("guard").c_str());
  }

 private:
  const options& options_;
  bool here_ = false;
};

}  // namespace

lv::result<> run_probe(const options& o) {
  const lv::stop_signals signals;
  const lv::duration begun = lv::wall_clock{}.steady();
  disturbance burner(o);
  partner_watch guard(o);
  lv::topic_sink<reading>* sink = nullptr;

  auto flow = lv::flow(lv::from<"clock">(lv::timer(lv::duration{std::llround(1e9 / o.rate)})) |
                           lv::flat_map<"sample">(sampler(o.rate)) | lv::to<"publish">(machine_readings(o)),
                       lv::from<"housekeeping">(lv::timer(200_ms)) | lv::to([&](const lv::timer_event&) {
                         const double seconds = (lv::wall_clock{}.steady() - begun).seconds();
                         guard.look(sink->publication());
                         if (auto done = burner.look(seconds); !done)
                           std::fprintf(stderr, "box probe: %s\n", done.error().sentence.c_str());
                         if (o.seconds > 0 && seconds >= o.seconds) lv::request_stop();
                       }));

  if (o.graph) return print_graph(flow, *o.graph), lv::result<>{};
  sink = &flow.at<"publish">().target;

  lv::runner<> runner({.mode = o.mode});
  return runner.run(flow);
}

}  // namespace box
