// SPDX-License-Identifier: BSL-1.0
// engine: drives graphs on one thread. It asks their sources, waits when they are dry, and drains them at the end.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/os/io.hpp>
#include <levada/os/stop.hpp>
#include <levada/os/thread.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// How a runner waits.
/// eco:  after work it rests for the latency budget without asking to be woken, so that events gather; then it parks. No
///       CPU when idle, at most one wake-up a budget when busy.
/// fast: it asks to be woken by the first event, and spins before that while events are less than 40 us apart. There are
///       never more spinning threads in a process than processors.
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

namespace detail {

/// The right to spin: a spinner that nobody can run beside keeps away the very events that it waits for.
class spin_right {
 public:
  spin_right() = default;
  spin_right(spin_right&& other) noexcept : held_(std::exchange(other.held_, false)) {}
  ~spin_right() { give_back(); }

  [[nodiscard]] bool take() {
    if (held_) return true;
    static const std::uint32_t most = usable_cores() > 1 ? usable_cores() : 0;
    if (spinners().fetch_add(1) >= most) {  // a counter: it orders nothing else
      spinners().fetch_add(~std::uint32_t{0});
      return false;
    }
    return held_ = true;
  }
  void give_back() {
    if (std::exchange(held_, false)) spinners().fetch_add(~std::uint32_t{0});
  }
  [[nodiscard]] static word<std::uint32_t>& spinners() {
    static word<std::uint32_t> count{};
    return count;
  }

 private:
  bool held_ = false;
};

/// Where an engine's processing time comes from when its sources are dry: its own clock, or the threads above, which it asks.
enum class time_from : std::uint8_t { clock, above };

template <clock_source Clock, class Loop>
class engine {
 public:
  engine(runner_options options, Clock clock) : options_(options), clock_(std::move(clock)), loop_(Loop::make()) {}

  /// What the loop waits for. The graphs are open.
  template <class... Graphs>
  [[nodiscard]] result<> watch(Graphs&... graphs) {
    if (!loop_) return loop_.error();
    result<> all = stop_fd() >= 0 ? loop_->watch(stop_fd()) : result<>{};
    auto one = [&](auto& op) {
      using Op = std::remove_reference_t<decltype(op)>;
      if constexpr (wakes_by_descriptor<Op>)
        if (all) all = loop_->watch(op.wake_fd());
      if constexpr (attachable<Op, io_queue>) op.attach(io_queue(*loop_));
    };
    (graphs.for_each_operator(one), ...);
    return all;
  }
  /// The graphs live on without this loop. On the thread that has driven them.
  template <class... Graphs>
  void release(Graphs&... graphs) {
    auto one = [](auto& op) {
      if constexpr (attachable<std::remove_reference_t<decltype(op)>, io_queue>) op.attach(io_queue{});
    };
    (graphs.for_each_operator(one), ...);
  }
  /// Time before the first event.
  template <class Graph>
  void set_clock(Graph& graph) {
    graph.set_clock(clock_.now(), clock_.steady());
    if (options_.base == time_base::clock && !graph.brings_time()) graph.advance(graph.clock().wall);
  }

  /// Turn by turn, until all have ended or `stop` says so. It does not drain. `ask` is called when an operator waits for a time
  /// that has come, and only the threads above can say so.
  template <time_from Time = time_from::clock, class Stop, class Ask, class... Graphs>
  void drive(Stop stop, Ask ask, Graphs&... graphs) {
    follows_ = Time == time_from::above;
    bool busy = false, by_time_alone = false;
    while (!stop()) {
      const polled came = turn(by_time_alone, graphs...);
      if (came == polled::end) break;
      if (came == polled::events && !by_time_alone) {
        busy = true;
        note_events();
      } else if (std::exchange(busy, false)) {
        rest(graphs...);  // what gathers meanwhile wakes nobody
      } else {
        if constexpr (Time == time_from::clock) {
          (settle(graphs), ...);
        } else {
          const timestamp due = earliest_due(graphs...);
          if (due != never && due <= clock_.now() && std::exchange(asked_, due) != due) ask();
        }
        by_time_alone = wait(graphs...);
      }
    }
    spin_.give_back();
  }

  template <class... Graphs>
  polled turn(bool by_time_alone, Graphs&... graphs) {
    const timestamp wall = clock_.now();
    const duration steady = clock_.steady();
    bool any = false, all_ended = true;
    auto forget = [&](auto& op) {  // its descriptor may stay readable for ever
      if constexpr (wakes_by_descriptor<std::remove_reference_t<decltype(op)>>) loop_->forget(op.wake_fd());
    };
    auto one = [&](auto& graph) {
      graph.set_clock(wall, steady);
      const polled came = graph.poll(options_.budget, by_time_alone);
      any |= came == polled::events;
      all_ended &= came == polled::end;
      if (loop_) graph.for_each_ended_source(forget);
    };
    (one(graphs), ...);
    return all_ended ? polled::end : any ? polled::events : polled::nothing;
  }

  /// One turn for a loop of somebody else's. After a turn without events fd() tells when the next one is due.
  template <class... Graphs>
  polled poll(Graphs&... graphs) {
    leave_wait(graphs...);
    const polled came = turn(false, graphs...);
    if (came == polled::nothing) (settle(graphs), ...);
    if (came == polled::events) {
      busy_ = true;
    } else if (came == polled::nothing && loop_) {
      if (std::exchange(busy_, false) && gathers(graphs...)) {
        loop_->arm(earlier(deadline(graphs...), clock_.steady() + options_.latency_budget));
      } else {
        waits_ = true;
        const bool may_sleep = park(graphs...);
        wait_ends_ = patience_ == far ? far : clock_.steady() + patience_;
        loop_->arm(may_sleep ? earlier(deadline(graphs...), wait_ends_) : duration{});
      }
    }
    return came;
  }
  template <class... Graphs>
  void leave_wait(Graphs&... graphs) {
    if (loop_) loop_->disarm();
    if (std::exchange(waits_, false)) unpark(clock_.steady() >= wait_ends_, graphs...);
  }

  [[nodiscard]] int fd() const { return loop_ ? loop_->fd() : -1; }
  /// From any thread.
  void wake() {
    if (loop_) loop_->wake();
  }
  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] const runner_options& options() const { return options_; }

 private:
  static constexpr duration far{INT64_MAX};
  static constexpr duration earlier(duration a, duration b) { return a < b ? a : b; }

  /// All sources are dry: time is the clock's, and what a tick has made operators emit must not stay in a sink.
  template <class Graph>
  void settle(Graph& graph) {
    if (options_.base != time_base::clock || graph.clock().wall <= graph.clock().now) return;
    graph.advance(graph.clock().wall);
    graph.raise_everywhere(flush{});
  }
  void note_events() {
    const duration now = clock_.steady();
    gap_ = duration{(gap_.ns * 7 + (now - last_).ns) / 8};
    last_ = now;
  }

  /// After events: in eco, let more of them gather. Only descriptors bring latency to trade; a flow of timers just waits.
  template <class... Graphs>
  void rest(Graphs&... graphs) {
    if (options_.base != time_base::events && gathers(graphs...))
      loop_->wait(earlier(deadline(graphs...), clock_.steady() + options_.latency_budget));
  }
  template <class... Graphs>
  [[nodiscard]] bool gathers(Graphs&... graphs) {
    if (options_.mode == profile::fast) return false;
    bool gathers = false;
    (graphs.for_each_live_source([&](auto& op) { gathers |= wakes_by_descriptor<std::remove_reference_t<decltype(op)>>; }), ...);
    return gathers;
  }

  /// Nothing came: ask every source to wake us, and sleep unless one of them has something by now. True if it was time that
  /// ended the sleep, and nothing else, and no source has another way to have news.
  template <class... Graphs>
  bool wait(Graphs&... graphs) {
    if (options_.mode == profile::fast && gap_ < spin_below && clock_.steady() - last_ < spin_below && spin_.take()) return false;
    spin_.give_back();
    bool woken = true, lost_patience = false;
    if (park(graphs...)) {
      const duration due = deadline(graphs...);
      const duration enough = patience_ == far ? far : clock_.steady() + patience_;
      woken = loop_->wait(earlier(due, enough));
      lost_patience = !woken && enough < due;
    }
    unpark(lost_patience, graphs...);
    return !woken && !lost_patience && all_wake_;
  }
  template <class... Graphs>
  bool park(Graphs&... graphs) {
    bool may_sleep = true;
    patience_ = far;
    all_wake_ = true;
    auto one = [&](auto& op) {
      using Op = std::remove_reference_t<decltype(op)>;
      if constexpr (wakes_by_descriptor<Op>) {
        if (!op.park()) may_sleep = false;
        patience_ = earlier(patience_, op.patience());
      } else if constexpr (!wakes_by_time<Op>) {
        all_wake_ = false;
      }
    };
    (graphs.for_each_live_source(one), ...);
    return may_sleep;
  }
  template <class... Graphs>
  void unpark(bool timed_out, Graphs&... graphs) {
    auto one = [&](auto& op) {
      if constexpr (wakes_by_descriptor<std::remove_reference_t<decltype(op)>>) op.unpark(timed_out);
    };
    (graphs.for_each_live_source(one), ...);
  }

  /// The steady time of the next thing that time alone brings.
  template <class... Graphs>
  [[nodiscard]] duration deadline(Graphs&... graphs) const {
    duration first = far;
    auto source = [&](auto& op) {
      if constexpr (wakes_by_time<std::remove_reference_t<decltype(op)>>) first = earlier(first, op.wake_at());
    };
    auto one = [&](auto& graph) {
      graph.for_each_live_source(source);
      first = earlier(first, graph.wake_at());
      if (options_.base != time_base::clock) return;
      const timestamp due = graph.due(), wall = graph.clock().wall;
      if (due == never || (follows_ && due == asked_)) return;
      first = earlier(first, due <= wall ? graph.clock().steady : graph.clock().steady + (due - wall));
    };
    (one(graphs), ...);
    return first;
  }
  template <class... Graphs>
  [[nodiscard]] timestamp earliest_due(Graphs&... graphs) const {
    timestamp first = never;
    if (options_.base == time_base::clock)
      for (const timestamp due : {graphs.due()...})
        if (due < first) first = due;
    return first;
  }

  static constexpr duration spin_below{40'000};  // beyond it, a spin burns more than a wake-up costs (measured)
  runner_options options_;
  Clock clock_;
  result<Loop> loop_;  // there from the beginning, so that others may wake it at any time
  spin_right spin_;
  duration last_{};              // when events came last
  duration gap_{1'000'000'000};  // moving average of the time between two turns with events
  duration patience_ = far;      // of the sources that are parked
  duration wait_ends_ = far;     // of a wait in somebody else's loop
  bool all_wake_ = false;        // by a descriptor or by time
  timestamp asked_ = long_ago;   // what the threads above were asked for last
  bool follows_ = false;
  bool waits_ = false;
  bool busy_ = false;
};

}  // namespace detail

}  // namespace levada::inline v0
