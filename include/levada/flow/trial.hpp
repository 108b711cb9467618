// SPDX-License-Identifier: BSL-1.0
// trial: a flow under test. Events, times and signals are given by hand, so every run is the same; outputs are gathered, and
// whatever the flow holds can be looked at.
//   std::vector<alert> alerts;
//   lv::trial t(lv::flow(lv::from<"readings">(lv::input<reading>()) | ... | lv::to(lv::collect(alerts))));
//   t.push<"readings">(reading{...}).pass(10_s).push<"readings">(...).end();
//   CHECK(alerts.size() == 1);
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/result.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>
#include <levada/flow/graph.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// What to(...) takes to gather events: into anything with push_back, which must outlive the flow.
template <class Container>
constexpr auto collect(Container& into) {
  return [&into](const auto& e) { into.push_back(e); };
}

/// Takes  a flow of one thread, best with input<E>() as its sources. It is opened at the time that is given, by the flow's own
///        clock.
/// Emits  nothing by itself: its members say what happens next, and what comes of it has come when they return.
/// Fails  a flow that cannot open ends the program with its sentence.
template <class Flow>
  requires(Flow::threads == 1)  // one with stages runs on threads of its own: by a runner
class trial {
 public:
  explicit trial(Flow flow, timestamp now = {}) : flow_(std::move(flow)) {
    flow_.set_clock(now, {});
    flow_.advance(now);
    if (const result<> opened = flow_.open(); !opened) {
      std::fprintf(stderr, "trial: %s\n", opened.error().sentence.c_str());
      std::abort();
    }
  }

  /// One event, or a span of them, from the source of that name (or the first one), at the present time.
  template <fixed_string Name = "", class Events>
  trial& push(const Events& events) {
    flow_.template push<Name>(events);
    return flush_all();
  }
  /// So much time passes: timers ring, windows of processing time fire.
  trial& pass(duration time) { return until(flow_.clock().now + time); }
  trial& until(timestamp now) {
    flow_.set_clock(now, flow_.clock().steady + (now - flow_.clock().wall));
    flow_.advance(now);
    return flush_all();
  }
  /// Event time has come so far, in all sources.
  trial& watermark(timestamp time) { return raise(levada::watermark{time}); }
  template <signal S>
  trial& raise(const S& s) {
    flow_.raise_everywhere(s);
    return flush_all();
  }
  /// Sources that bring events of their own (values, csv) are asked until they have no more.
  trial& drain() {
    while (flow_.poll() == polled::events) {
    }
    return *this;
  }
  /// All streams end: what operators hold they emit.
  trial& end() {
    flow_.finish();
    return *this;
  }

  /// counts<"name">(), at<"name">(): what went through an operator, and the operator itself.
  template <fixed_string Name>
  [[nodiscard]] operator_counts counts() const {
    return flow_.template counts<Name>();
  }
  template <fixed_string Name>
  [[nodiscard]] auto& at() {
    return flow_.template at<Name>();
  }
  [[nodiscard]] Flow& flow() { return flow_; }

 private:
  trial& flush_all() {
    flow_.raise_everywhere(flush{});
    return *this;
  }
  Flow flow_;
};

/// Does a flow say the same however its input is cut into spans? `run(cut)` makes a flow, gives it its events by calling
/// cut(events, take) with take(span), and returns what came out. Cuts: whole, one by one, and a few of different lengths. A flow
/// whose results depend on how events happened to arrive in one read could not be replayed.
template <class Run>
[[nodiscard]] bool agrees_in_any_cut(Run&& run) {
  const auto by = [](std::size_t length) {
    return [length](const auto& events, auto&& take) {
      const std::span all(events);
      for (std::size_t at = 0; at < all.size(); at += length)
        take(all.subspan(at, length < all.size() - at ? length : all.size() - at));
    };
  };
  const auto whole = run(by(SIZE_MAX / 2));
  for (const std::size_t length : {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{100}, std::size_t{1000}})
    if (!(run(by(length)) == whole)) return false;
  return true;
}

}  // namespace levada::inline v0
