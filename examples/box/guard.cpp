// SPDX-License-Identifier: BSL-1.0
// The live guard: subscribes, judges, reports, and keeps an eye on its partner.
#include "guard.hpp"

#include "disturbance.hpp"
#include "machine_readings.hpp"
#include "report.hpp"
#include "roles.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/os/process.hpp>
#include <levada/source/from.hpp>
#include <levada/source/timer.hpp>
#include <levada/source/topic.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <functional>
#include <limits>
#include <string>

namespace box {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// To so many parts of one.
double rounded(double v, double parts) { return std::round(v * parts) / parts; }

/// Follows the CPU time and memory of one process after the other: that of a probe changes when it is started again.
class meter {
 public:
  void look(int pid) {
    if (pid <= 0) return;
    auto now = lv::usage_of(pid);
    if (!now) return;
    const lv::duration time = lv::wall_clock{}.steady();
    if (pid != pid_) {
      pid_ = pid;
      first_ = *now;
      begun_ = time;
    }
    cpu_ = now->cpu_time - first_.cpu_time;
    span_ = time - begun_;
    rss_kib_ = std::max(rss_kib_, static_cast<double>(now->rss_kib));
  }
  [[nodiscard]] double cpu_percent() const {
    return span_.ns > 0 ? rounded(100 * cpu_.seconds() / span_.seconds(), 100) : unknown;
  }
  [[nodiscard]] double rss_kib() const { return pid_ > 0 ? rss_kib_ : unknown; }

 private:
  int pid_ = 0;
  lv::usage first_{};
  lv::duration begun_{}, cpu_{}, span_{};
  double rss_kib_ = 0;
};

/// Says in a sentence when the probe goes and comes.
class probe_watch {
 public:
  explicit probe_watch(const options& o) : options_(o) {}

  void look(lv::subscriber<reading>& from, report& to) {
    const int now = from.producer_alive() ? from.producer_pid() : 0;
    if (now == pid_) return;
    if (pid_ != 0)
      to.say("the probe is gone; what it published is judged, and the guard waits for another: start it with '" +
             options_.command("probe") + "'");
    if (now != 0) to.say(lv::compose<128>("the probe is here (process ", now, ")").view());
    pid_ = now;
  }
  [[nodiscard]] bool here() const { return pid_ != 0; }

 private:
  const options& options_;
  int pid_ = 0;
};

/// The probe as a process of its own.
lv::result<lv::child> start_probe(const options& o) {
  // A probe whose guard was killed must not stay for ever: it ends a little after the guard would have ended it.
  const std::string seconds = std::to_string(o.seconds > 0 ? o.seconds + 5 : 0), rate = std::to_string(o.rate);
  return lv::spawn(lv::self_path().c_str(), "probe", "--seconds", seconds.c_str(), "--rate", rate.c_str(), "--bus", o.bus.c_str(),
                   o.mode == lv::profile::fast ? "--fast" : "--eco");
}

lv::result<> stop(lv::child& probe) {
  if (probe.pid() <= 0) return {};
  probe.kill(SIGTERM);
  const lv::exit_status ended = probe.wait();
  if (ended.signal != 0 || ended.code == 0) return {};  // a killed probe was spoken of when it went
  return lv::fault::of(static_cast<lv::failure>(ended.code), "the probe ended with exit code ", ended.code,
                       ", see its sentence above");
}

}  // namespace

lv::result<> run_guard(const options& o) {
  const lv::stop_signals signals;
  const lv::wall_clock clock;
  const lv::timestamp attached = clock.now();
  const lv::duration begun = clock.steady();

  report out(o);
  lv::histogram latency;
  meter own, others;
  probe_watch watch(o);
  disturbance burner(o);
  lv::child probe;
  lv::topic_source<reading>* source = nullptr;

  auto judge_verdict = [&](const verdict& v) {
    out.verdict_made(v);
    // Readings from before this guard came were not late, they were waiting: their age says nothing of its speed.
    if (v.time >= attached) latency.add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, (clock.now() - v.time).ns)));
  };
  auto judge_alert = [&](const lv::alert<verdict>& a) { out.alert_made(a); };

  summary all;
  std::uint64_t lost = 0;
  auto keep_house = [&](auto& flow) {
    const double seconds = (clock.steady() - begun).seconds();
    own.look(lv::process_id());
    watch.look(source->subscription(), out);
    if (watch.here()) others.look(source->subscription().producer_pid());
    if (const std::uint64_t now = source->subscription().lost(); now != lost) {
      out.say(lv::compose<128>(now - lost, " readings were overwritten before this guard came back; they are counted as dropped")
                  .view());
      lost = now;
    }
    if (auto done = burner.look(seconds); !done) out.say(done.error().sentence.view());

    all.seconds = rounded(seconds, 1000);
    all.events = flow.template counts<"readings">().out;
    all.windows = flow.template counts<"recent">().out;
    all.late = flow.template counts<"in order">().dropped;
    all.alerts = out.raised();
    all.dropped = lost + flow.template counts<"sensor">().dropped + flow.template counts<"recent">().dropped;
    out.progress(all, latency, o.seconds > 0 ? o.seconds - seconds : -1);
    if (o.seconds > 0 && seconds >= o.seconds) lv::request_stop();
    if (probe.try_wait().code != 0 && probe.try_wait().signal == 0) lv::request_stop();  // it could not begin, and has said why
  };
  std::function<void()> housekeeping;

  auto flow = lv::flow(
      guard_chain(lv::from<"readings">(lv::subscribe(machine_readings(o), {.name = guard_name})), live_sensors, judge_verdict,
                  judge_alert),
      lv::from<"housekeeping">(lv::timer(lv::duration{200'000'000})) | lv::to([&](const lv::timer_event&) { housekeeping(); }));
  if (o.graph) return print_graph(flow, *o.graph), lv::result<>{};
  source = &flow.at<"readings">();
  housekeeping = [&] { keep_house(flow); };
  if (auto done = apply_parameters(o); !done) return done;
  if (o.role == part::both) {
    // A run of its own begins with an empty topic; where another box is at work, this is where we hear of it.
    if (auto done = lv::bus{o.bus}.remove(readings_topic); !done) return done;
  }
  if (auto opened = out.open(); !opened) return opened;
  if (o.role == part::both) {
    auto started = start_probe(o);
    if (!started) return started.error();
    probe = *std::move(started);
  }

  lv::runner<> runner({.mode = o.mode, .latency_budget = lv::duration{10'000'000}});
  const lv::result<> ran = runner.run(flow);
  if (ran) keep_house(flow);
  all.processes = watch.here() ? 2 : 1;
  const lv::result<> stopped = stop(probe);
  if (!ran) return ran;

  all.latency_us = {unknown, unknown, unknown};
  if (latency.count() > 0)
    all.latency_us = {rounded(static_cast<double>(latency.quantile(0.5)) / 1e3, 10),
                      rounded(static_cast<double>(latency.quantile(0.99)) / 1e3, 10),
                      rounded(static_cast<double>(latency.max()) / 1e3, 10)};
  all.rss_kib = {others.rss_kib(), own.rss_kib()};
  all.cpu_percent = {others.cpu_percent(), own.cpu_percent()};
  out.finish(all);
  if (o.role == part::both) {
    if (!stopped) return stopped;
  }
  if (all.events == 0)
    return lv::fault::of(lv::failure::unavailable, "no probe published anything in ", static_cast<std::int64_t>(all.seconds),
                         " s on bus '", o.bus, "': start one with '", o.command("probe"), "'");
  if (!out.written()) return out.written().error();
  return {};
}

}  // namespace box
