// SPDX-License-Identifier: BSL-1.0
// runner: drives flows, on the calling thread, on threads of its own, or inside a loop of somebody else's.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/flow/engine.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/loop.hpp>
#include <levada/os/stop.hpp>
#include <levada/os/thread.hpp>
#include <levada/state/parameter.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#if LEVADA_EXCEPTIONS
#include <exception>
#endif

namespace levada::inline v0 {

namespace detail {

inline namespace LEVADA_LOOP_NAMESPACE {
/// A throw out of `body`, as a fault.
template <class F>
[[nodiscard]] result<> guarded(F&& body) {
#if LEVADA_EXCEPTIONS
  try {
    return body();
  } catch (const std::exception& e) {
    return fault::of(failure::internal, "the flow ended, an operator threw: ", e.what());
  } catch (...) {
    return fault::of(failure::internal, "the flow ended, an operator threw something that is no std::exception");
  }
#else
  return body();
#endif
}
}  // namespace LEVADA_LOOP_NAMESPACE

/// A thread that a runner has started.
struct worker {
  worker* next = nullptr;
  result<> outcome;
  thread body;

  worker() = default;
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  virtual ~worker() = default;
  virtual result<> begin() = 0;
  virtual void wake() = 0;
  virtual void abandon() = 0;
};

}  // namespace detail

inline namespace LEVADA_LOOP_NAMESPACE {

/// Takes  flows. They share the calling thread (or the one of start()); each stage of theirs has a thread of its own.
/// Fails  with the sentence of a source or sink that cannot open; of a source that ended before its time (a bad row), after
///        what it had brought was drained; or of an operator that threw: the frame of the span at hand is discarded, the flow
///        is not drained, and must not be run again. Two flows that are joined by a topic belong to two runners or processes: on
///        one thread the one that waits for room would keep the other from making it.
/// Costs  two clock reads a turn, and one system call a wait.
template <clock_source Clock = wall_clock, class Loop = loop>
class runner {
 public:
  explicit runner(runner_options options = {}, Clock clock = {}) : engine_(options, std::move(clock)) {}
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;
  ~runner() {
    if (main_ != nullptr) [[maybe_unused]]
      const auto outcome = stop();
    for (auto* w = stages_; w != nullptr; w = w->next) w->abandon();  // opened, and never finished
    [[maybe_unused]] const auto ended = end_stages();
  }

  /// Runs until every source has ended, or a stop is requested (stop(); SIGTERM and SIGINT where a stop_signals lives); then
  /// drains: what operators and sinks hold is emitted and written.
  template <class... Flow>
  [[nodiscard]] result<> run(Flow&... flows) {
    if (result<> opened = open(flows...); !opened) return opened;
    return go(flows...);
  }

  /// The same on a thread of its own. Faults of opening come at once, the others from stop() and wait(). Until then the
  /// flows must live, and nobody else may touch them.
  template <class... Flow>
  [[nodiscard]] result<> start(Flow&... flows) {
    LEVADA_CHECK(main_ == nullptr, 1);
    if (result<> opened = open(flows...); !opened) return opened;
    auto run_all = [this, &flows...] { return go(flows...); };
    main_ = new job<decltype(run_all)>(std::move(run_all));
    if (result<> begun = main_->begin(); !begun) {
      end_stages_of(flows...);
      return forget_main(begun);
    }
    return {};
  }
  /// Asks for the end from any thread, also before it has begun: run() and the thread of start() drain and end, poll() says
  /// that it is the end.
  void request_stop() {
    stopping_.release(1);  // pairs with the acquire in stop_requested
    engine_.wake();
  }
  /// Ends what start() began: asks for the end, waits for it, and tells the first fault.
  result<> stop() {
    request_stop();
    return wait();
  }
  /// Waits until what start() began ends by itself.
  result<> wait() {
    LEVADA_CHECK(main_ != nullptr, 0);
    main_->body.join();
    return forget_main(main_->outcome);
  }

  /// For a loop of somebody else's: opens the flows and starts their stages. Then poll() whenever fd() is readable, at first
  /// as well; finish() at the end.
  template <class... Flow>
  [[nodiscard]] result<> open(Flow&... flows) {
    result<> all;
    auto one = [&](auto& flow) {
      flow.for_each_part([&](auto& part) { engine_.set_clock(part); });
      if (all) all = detail::guarded([&] { return flow.open(); });
    };
    (one(flows), ...);
    if (all) all = engine_.watch(flows.template part<0>()...);
    (make_stages(all, flows), ...);
    for (auto* w = stages_; all && w != nullptr; w = w->next) all = w->begin();
    if (all) return all;
    end_stages_of(flows...);
    engine_.release(flows.template part<0>()...);
    return all;
  }
  /// One turn without waiting, always on the same thread. After polled::nothing fd() becomes readable when there is something to
  /// do; a descriptor for poll(2), epoll or any other loop. After polled::end call finish(), which tells why, if it was a fault.
  template <class... Flow>
  polled poll(Flow&... flows) {
    if (!parameters_) parameters_.emplace();
    const stop_scope heeds(stopping_);
    polled came = polled::end;
    if (polled_ && !stop_requested() && !(flows.is_abandoned() || ...))
      polled_ = detail::guarded([&] {
        came = engine_.poll(flows.template part<0>()...);
        return result<>{};
      });
    return polled_ ? came : polled::end;
  }
  [[nodiscard]] int fd() const { return engine_.fd(); }
  /// Drains the flows and waits for their stages.
  template <class... Flow>
  [[nodiscard]] result<> finish(Flow&... flows) {
    const stop_scope heeds(stopping_);
    engine_.leave_wait(flows.template part<0>()...);
    result<> outcome = drain(std::exchange(polled_, {}), flows...);
    parameters_.reset();
    return outcome;
  }

  [[nodiscard]] Clock& clock() { return engine_.clock(); }

 private:
  using engine = detail::engine<Clock, Loop>;

  /// What start() runs.
  template <class F>
  struct job final : detail::worker {
    F function;
    explicit job(F f) : function(std::move(f)) {}
    void operator()() { outcome = function(); }
    result<> begin() override { return begin_thread(*this, "flow", -1); }
    void wake() override {}
    void abandon() override {}
  };
  /// What a stage runs: its part of the flow, until the streams from above have ended.
  template <std::size_t Thread, class Flow>
  struct stage_job final : detail::worker {
    runner& of;
    Flow& flow;
    engine drives;
    stage_job(runner& r, Flow& f) : of(r), flow(f), drives(r.engine_.options(), r.engine_.clock()) {}
    void operator()() {
      const parameter_copy parameters;
      const stop_scope heeds(of.stopping_);
      outcome = detail::guarded([this] {
        auto& part = flow.template part<Thread>();
        drives.template drive<detail::time_from::above>([this] { return flow.is_abandoned(); }, [this] { of.wake_all(); }, part);
        if (!flow.is_abandoned()) part.finish();
        return result<>{};
      });
      drives.release(flow.template part<Thread>());
      if (!outcome) of.abandon(flow);
    }
    result<> begin() override {
      return begin_thread(*this, Flow::name_of_thread(Thread), flow.template core_of<Thread>().number);
    }
    void wake() override { drives.wake(); }
    void abandon() override { of.abandon(flow); }
  };
  template <class Job>
  static result<> begin_thread(Job& job, std::string_view name, int on_core) {
    auto made = thread::start(job, name, on_core);
    if (!made) return made.error();
    job.body = *std::move(made);
    return {};
  }

  template <class... Flow>
  [[nodiscard]] result<> go(Flow&... flows) {
    const parameter_copy parameters;
    const stop_scope heeds(stopping_);
    return drain(detail::guarded([&] {
                   engine_.drive([&] { return stop_requested() || (flows.is_abandoned() || ...); }, [] {},
                                 flows.template part<0>()...);
                   return result<>{};
                 }),
                 flows...);
  }
  /// The end of all: first what this thread holds goes down, then the stages end by themselves. After a fault nothing does.
  template <class... Flow>
  [[nodiscard]] result<> drain(result<> outcome, Flow&... flows) {
    auto one = [&](auto& flow) {
      if (outcome && !flow.is_abandoned())
        outcome = detail::guarded([&] {
          flow.template part<0>().finish();
          return result<>{};
        });
      if (!outcome) abandon(flow);
    };
    (one(flows), ...);
    if (const result<> stages = end_stages(); outcome && !stages) outcome = stages;
    engine_.release(flows.template part<0>()...);
    const bool drained = static_cast<bool>(outcome);
    ((outcome = outcome ? flows.status() : outcome), ...);
    auto close = [&](auto& flow) {  // also when a source or sink has failed: the others go on from here
      if (const result<> closed = flow.closed(); outcome && !closed) outcome = closed;
    };
    if (drained) (close(flows), ...);
    stopping_.release(0);  // pairs with the acquire in stop_requested: the next run is not asked to stop
    return outcome;
  }

  /// All of them are there before the first begins: any may have to wake the others.
  template <class Flow>
  void make_stages(result<>& all, Flow& flow) {
    for_each_index<Flow::threads - 1>([&](auto below) {
      if (!all) return;
      constexpr std::size_t thread = below + 1;
      auto* one = new stage_job<thread, Flow>(*this, flow);
      one->next = std::exchange(stages_, one);
      all = one->drives.watch(flow.template part<thread>());
    });
  }
  template <class Flow>
  void abandon(Flow& flow) {
    flow.abandon();
    wake_all();
  }
  void wake_all() {
    for (auto* w = stages_; w != nullptr; w = w->next) w->wake();
    engine_.wake();
  }
  template <class... Flow>
  void end_stages_of(Flow&... flows) {
    (abandon(flows), ...);
    [[maybe_unused]] const result<> ended = end_stages();
  }
  result<> end_stages() {
    result<> first;
    for (auto* w = stages_; w != nullptr; w = w->next) {
      w->body.join();
      if (first && !w->outcome) first = w->outcome;
    }
    while (stages_ != nullptr) delete std::exchange(stages_, stages_->next);  // not before: any of them may wake the others
    return first;
  }
  result<> forget_main(result<> outcome) {
    stopping_.release(0);  // it may have been asked after the end had come by itself
    delete std::exchange(main_, nullptr);
    return outcome;
  }

  engine engine_;
  word<std::uint32_t> stopping_{};
  result<> polled_;                           // what a poll threw
  std::optional<parameter_copy> parameters_;  // of the thread that polls
  detail::worker* main_ = nullptr;
  detail::worker* stages_ = nullptr;
};

/// Runs flows to their end, with SIGTERM and SIGINT as the wish to stop: run(flow), run(flow, options), run(options, a, b).
/// Emits  the exit code for main: 0, or a sysexits code after one sentence on standard error.
template <class... Flow>
[[nodiscard]] int run(runner_options options, Flow&&... flows) {
  const stop_signals signals;
  runner<> one(options);
  const result<> done = one.run(flows...);
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().sentence.c_str());
  return done.error().exit_code();
}
template <class Flow>
  requires(!std::is_convertible_v<Flow, runner_options>)
[[nodiscard]] int run(Flow&& flow, runner_options options = {}) {
  return run(options, flow);
}

}  // namespace LEVADA_LOOP_NAMESPACE

}  // namespace levada::inline v0
