// SPDX-License-Identifier: BSL-1.0
// replay: a file through the flow of the live guard, at full speed. Time is that of the rows, so a run repeats itself.
#include "guard.hpp"
#include "report.hpp"
#include "roles.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/map.hpp>
#include <levada/source/csv.hpp>
#include <levada/source/from.hpp>

#include <fcntl.h>

#include <cmath>
#include <filesystem>
#include <limits>

namespace box {

namespace {
/// A row of the file.
struct sample {
  lv::timestamp timestamp;
  double value;
};
}  // namespace

lv::result<> run_replay(const options& o) {
  const lv::stop_signals signals;
  const lv::duration begun = lv::wall_clock{}.steady();
  report out(o);

  const lv::text<48> sensor(std::filesystem::path(o.replay).stem().string());
  auto flow = lv::flow(guard_chain(
      lv::from<"readings">(lv::csv<sample>(o.replay, &sample::timestamp)) |
          lv::map([sensor](const sample& s) { return reading{s.timestamp, sensor, s.value}; }),
      replayed_sensors, [](const verdict&) {}, [&](const lv::alert<verdict>& a) { out.alert_made(a); }));
  if (auto done = apply_parameters(o); !done) return done;
  // Before the alerts of the last replay are thrown away.
  if (auto readable = lv::file::open(o.replay.c_str(), O_RDONLY); !readable) return readable.error();
  if (auto opened = out.open(); !opened) return opened;

  lv::runner<> runner({.base = lv::time_base::events});
  if (auto done = runner.run(flow); !done) return done;
  if (o.graph) return print_graph(flow, *o.graph), out.written() ? lv::result<>{} : out.written().error();

  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  summary all;
  all.seconds = std::round((lv::wall_clock{}.steady() - begun).seconds() * 1e4) / 1e4;
  all.processes = 1;
  all.events = flow.counts<"readings">().out;
  all.windows = flow.counts<"recent">().out;
  all.alerts = out.raised();
  all.late = flow.counts<"in order">().dropped;
  all.dropped = flow.counts<"sensor">().dropped;
  all.latency_us = {unknown, unknown, unknown};
  all.rss_kib = all.cpu_percent = {unknown, unknown};
  out.finish(all);
  if (!out.written()) return out.written().error();
  return {};
}

}  // namespace box
