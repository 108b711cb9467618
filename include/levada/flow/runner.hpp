// SPDX-License-Identifier: BSL-1.0
// runner: drives a flow. It asks the sources, waits when they are dry, and ends when they do or when the process is told
// to stop.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/loop.hpp>
#include <levada/os/process.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <utility>

#if LEVADA_EXCEPTIONS
#include <exception>
#endif

namespace levada::inline v0 {

/// How a runner waits.
/// eco:  after work it rests for the latency budget without asking to be woken, so that events gather; then it parks. No
///       CPU when idle, at most one wake-up a budget when busy.
/// fast: it asks to be woken by the first event, and spins before that while events are less than 40 us apart.
enum class profile : std::uint8_t { eco, fast };

/// Where processing time comes from when no event brings it.
enum class time_base : std::uint8_t {
  clock,  ///< the runner's clock, as soon as all sources are dry
  events  ///< events alone: a replay is the same whenever and however fast it runs
};

struct runner_options {
  profile mode = profile::eco;
  duration latency_budget{10'000'000};
  time_base base = time_base::clock;
  std::size_t budget = 4096;  ///< events a source may bring in one turn
};

/// Takes  a flow. One runner drives one flow at a time, on the calling thread.
/// Fails  with the sentence of a source or sink that cannot open; of a source that ended before its time (a bad row), after
///        what it had brought was drained; or of an operator that threw: the frame of the span at hand is discarded, the flow
///        is not drained, and must not be run again.
/// Costs  two clock reads a turn, and one system call a wait.
template <clock_source Clock = wall_clock, class Loop = loop>
class runner {
 public:
  explicit runner(runner_options options = {}, Clock clock = {}) : options_(options), clock_(std::move(clock)) {}

  /// Runs until every source has ended, or stop is requested (SIGTERM and SIGINT do it where a stop_signals lives); then
  /// drains: what operators and sinks hold is emitted and written.
  template <class Flow>
  [[nodiscard]] result<> run(Flow& flow) {
#if LEVADA_EXCEPTIONS
    try {
      return drive(flow);
    } catch (const std::exception& e) {
      return fault::of(failure::internal, "the flow ended, an operator threw: ", e.what());
    } catch (...) {
      return fault::of(failure::internal, "the flow ended, an operator threw something that is no std::exception");
    }
#else
    return drive(flow);
#endif
  }

  /// One turn without waiting: for a loop of somebody else's. The flow must be open.
  template <class Flow>
  polled poll(Flow& flow) {
    const polled came = turn(flow);
    if (came == polled::nothing) settle(flow);
    return came;
  }
  [[nodiscard]] Clock& clock() { return clock_; }

 private:
  static constexpr duration far{INT64_MAX};

  template <class Flow>
  polled turn(Flow& flow) {
    flow.set_clock(clock_.now(), clock_.steady());
    return flow.poll(options_.budget);
  }
  /// All sources are dry: time is the clock's, and what a tick has made operators emit must not stay in a sink.
  template <class Flow>
  void settle(Flow& flow) {
    if (options_.base != time_base::clock || flow.clock().wall <= flow.clock().now) return;
    flow.advance(flow.clock().wall);
    flow.raise_everywhere(flush{});
  }
  void note_events() {
    const duration now = clock_.steady();
    gap_ = duration{(gap_.ns * 7 + (now - last_).ns) / 8};
    last_ = now;
  }

  template <class Flow>
  [[nodiscard]] result<> drive(Flow& flow) {
    auto made = Loop::make();
    if (!made) return made.error();
    Loop waits = *std::move(made);
    flow.set_clock(clock_.now(), clock_.steady());
    if (options_.base == time_base::clock && !flow.brings_time()) flow.advance(flow.clock().wall);
    if (result<> opened = flow.open(); !opened) return opened;
    result<> watched = watch(flow, waits);
    if (!watched) return watched;

    for (bool busy = false; !stop_requested();) {
      const polled came = turn(flow);
      if (came == polled::end) break;
      if (came == polled::events) {
        busy = true;
        note_events();
      } else if (std::exchange(busy, false)) {
        rest(flow, waits);
      } else {
        settle(flow);
        wait(flow, waits);
      }
    }
    flow.finish();
    return flow.status();
  }

  template <class Flow>
  static result<> watch(Flow& flow, Loop& waits) {
    result<> all = stop_fd() >= 0 ? waits.watch(stop_fd()) : result<>{};
    flow.for_each_live_source([&](auto& op) {
      if constexpr (wakes_by_descriptor<std::remove_reference_t<decltype(op)>>)
        if (all) {
          if (result<> one = waits.watch(op.wake_fd()); !one) all = one.error();
        }
    });
    return all;
  }

  /// After events: in eco, let more of them gather. Only descriptors bring latency to trade; a flow of timers just waits.
  template <class Flow>
  void rest(Flow& flow, Loop& waits) {
    if (options_.mode == profile::fast || options_.base == time_base::events) return;
    bool gathers = false;
    flow.for_each_live_source([&](auto& op) { gathers |= wakes_by_descriptor<std::remove_reference_t<decltype(op)>>; });
    if (!gathers) return;
    const duration until = clock_.steady() + options_.latency_budget, due = deadline(flow);
    waits.wait(due < until ? due : until);
  }

  /// Nothing came: ask every source to wake us, and sleep unless one of them has something by now.
  template <class Flow>
  void wait(Flow& flow, Loop& waits) {
    if (options_.mode == profile::fast && gap_ < spin_below && clock_.steady() - last_ < gap_ * 2) return;
    bool may_sleep = true, timed_out = false;
    duration patience = far;
    flow.for_each_live_source([&](auto& op) {
      if constexpr (wakes_by_descriptor<std::remove_reference_t<decltype(op)>>) {
        if (!op.park()) may_sleep = false;
        if (const duration p = op.patience(); p < patience) patience = p;
      }
    });
    if (may_sleep) {
      const duration due = deadline(flow);
      const duration enough = patience == far ? far : clock_.steady() + patience;
      timed_out = !waits.wait(due < enough ? due : enough) && enough < due;
    }
    flow.for_each_live_source([&](auto& op) {
      if constexpr (wakes_by_descriptor<std::remove_reference_t<decltype(op)>>) op.unpark(timed_out);
    });
  }

  /// The steady time of the next thing that time alone brings.
  template <class Flow>
  [[nodiscard]] duration deadline(Flow& flow) const {
    duration first = far;
    flow.for_each_live_source([&](auto& op) {
      if constexpr (wakes_by_time<std::remove_reference_t<decltype(op)>>)
        if (const duration t = op.wake_at(); t < first) first = t;
    });
    if (options_.base == time_base::clock)
      if (const timestamp due = flow.due(); due != never) {
        const duration t = flow.clock().steady + (due - flow.clock().wall);
        if (t < first) first = t;
      }
    return first;
  }

  static constexpr duration spin_below{40'000};  // beyond it, a spin burns more than a wake-up costs (measured)
  runner_options options_;
  Clock clock_;
  duration last_{};                 // when events came last
  duration gap_{1'000'000'000};     // moving average of the time between two turns with events
};

/// Runs a flow to its end, with SIGTERM and SIGINT as the wish to stop.
/// Emits  the exit code for main: 0, or a sysexits code after one sentence on standard error.
template <class Flow>
[[nodiscard]] int run(Flow&& flow, runner_options options = {}) {
  const stop_signals signals;
  runner<> one(options);
  const result<> done = one.run(flow);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().sentence.c_str());
  return done.error().exit_code();
}

}  // namespace levada::inline v0
