// SPDX-License-Identifier: BSL-1.0
// circuit: operators and the edges between them, as one thread runs them. An event is pushed through the whole path before
// the next one is looked at; every call is inlined, so a span of events runs in one loop.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/detail/held.hpp>
#include <levada/flow/detail/junctions.hpp>
#include <levada/flow/plan.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What every operator may ask.
struct flow_clock {
  timestamp now = long_ago;  ///< processing time: that of the events while there are any unread, the clock's when not
  timestamp wall{};          ///< the clock of the runner, read once a turn
  duration steady{};
  std::uint32_t split = 0;  ///< of the source whose span is on its way
};

/// An operator's only view of the world: where its events go, the time, its name. One pointer.
template <class Circuit, std::size_t I>
struct port {
  Circuit* circuit;

  template <class E>
  LEVADA_INLINE void operator()(const E& e) const {
    circuit->template emit<I, 0>(e);
  }
  /// Emits by another output than the first: see route.
  template <std::size_t Output, class E>
  LEVADA_INLINE void by(const E& e) const {
    circuit->template emit<I, Output>(e);
  }
  /// Emits what goes no further in the stream (late, expired, refused) to the branch aside(...) behind the operator, as its
  /// second output; without one it is dropped, and counted.
  template <class E>
  LEVADA_INLINE void aside(const E& e) const {
    if constexpr (Circuit::template has_aside<I>)
      circuit->template emit<I, 1>(e);
    else
      drop();
  }
  /// Emits an event that counts only if it is alive; downstream operators may compute with it either way.
  template <class E>
  LEVADA_INLINE void maybe(bool live, const E& e) const {
    circuit->template emit_masked<I>(live, e);
  }
  template <class E>
  LEVADA_INLINE void batch(std::span<const E> events) const {
    circuit->template emit_batch<I>(events);
  }
  template <signal S>
  LEVADA_INLINE void raise(const S& s) const {
    circuit->template raise<I>(s);
  }
  /// Counts events that go no further by policy or by lack of room, not by a predicate.
  LEVADA_INLINE void drop(std::uint64_t events = 1) const { circuit->books().dropped[I] += events; }
  /// Counts an event that goes no further because of what it is: for operators that are otherwise one to one.
  LEVADA_INLINE void reject() const { circuit->template reject<I>(); }
  /// The split (partition, producer) of its source that the span comes from.
  [[nodiscard]] LEVADA_INLINE std::uint32_t split() const { return circuit->clock.split; }
  [[nodiscard]] LEVADA_INLINE timestamp now() const { return circuit->clock.now; }
  [[nodiscard]] LEVADA_INLINE timestamp wall() const { return circuit->clock.wall; }
  [[nodiscard]] LEVADA_INLINE duration steady() const { return circuit->clock.steady; }
  [[nodiscard]] static constexpr std::string_view name() { return Circuit::template operator_at<I>::name; }
};

/// Held is an operator, or an in_frame, in_place or entered of one. `Ledger` is a ledger; of a frame, its home.
template <class Plan, class Ledger, class... Held>
struct circuit {
  pack<Held...> held;
  flow_clock clock{};
  std::array<std::uint64_t, Plan::counters> counted{};  // events emitted; by operators that are one to one, those rejected
  Ledger ledger{};

  static constexpr bool is_frame = detail::is_home<Ledger>;
  template <std::size_t I>
  using held_at = element<I, pack<Held...>>;
  template <std::size_t I>
  using operator_at = typename detail::operator_of<held_at<I>>::type;

  template <std::size_t I>
  LEVADA_INLINE constexpr operator_at<I>& at() {
    return detail::reach(static_cast<detail::leaf<I, held_at<I>>&>(held).value);
  }
  /// What takes the events of operator I.
  template <std::size_t I>
  LEVADA_INLINE constexpr auto& taker() {
    return detail::reach_taker(static_cast<detail::leaf<I, held_at<I>>&>(held).value);
  }
  /// Operator I has heard a signal: what it gave for the span may have changed.
  template <std::size_t I>
  LEVADA_INLINE void enter_again() {
    detail::enter_again(static_cast<detail::leaf<I, held_at<I>>&>(held).value);
  }
  LEVADA_INLINE detail::ledger<Plan>& books() { return detail::reach_ledger(ledger); }

  // Successor by successor, without a lambda in between: the inliner works its way through every call of a long chain
  // again and again, so one call an operator more is seconds of compile time.
  template <std::size_t I, std::size_t Output, std::size_t K = 0, class E>
  LEVADA_INLINE void emit(const E& e) {
    if constexpr (K == 0 && counts<I>()) ++counted[Plan::counter_of(I, Output)];
    if constexpr (K < Plan::fanout_of(I, Output)) {
      constexpr std::size_t to = Plan::successor(I, Output, K);
      if constexpr (Plan::is_called[to])
        call<to, Plan::input_of(I, Output, K)>(e);
      else if constexpr (Plan::is_connected[to])
        taker<to>().template take<Plan::input_of(I, Output, K)>(e, port<circuit, to>{this});
      else
        taker<to>()(e, port<circuit, to>{this});
      if constexpr (K + 1 < Plan::fanout_of(I, Output)) emit<I, Output, K + 1>(e);
    }
  }
  template <std::size_t I, std::size_t K = 0, class E>
  LEVADA_INLINE void emit_masked(bool live, const E& e) {
    if constexpr (K == 0 && counts<I>()) counted[I] += live ? 1 : 0;
    if constexpr (K < Plan::fanout_of(I, 0)) {
      constexpr std::size_t to = Plan::successor(I, 0, K);
      if constexpr (Plan::is_called[to])
        call_masked<to, Plan::input_of(I, 0, K)>(live, e);
      else
        deliver_masked<to, Plan::input_of(I, 0, K)>(live, e);
      if constexpr (K + 1 < Plan::fanout_of(I, 0)) emit_masked<I, K + 1>(live, e);
    }
  }
  template <std::size_t I, class E>
  LEVADA_INLINE void emit_batch(std::span<const E> events) {
    if constexpr (takes_batch<I, E>()) {
      constexpr std::size_t to = Plan::successor(I, 0);
      if constexpr (counts<I>()) counted[I] += events.size();
      taker<to>().batch(events, port<circuit, to>{this});
    } else if constexpr (Plan::nodes <= short_flow) {
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // says so where it may not: below -O2, for size, under sanitizers
#endif
#pragma GCC unroll 4
      for (const E& e : events) emit<I, 0>(e);
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
    } else {
      for (const E& e : events) emit<I, 0>(e);
    }
  }

  template <std::size_t I>
  LEVADA_INLINE void reject() {
    static_assert(is_one_to_one<operator_at<I>>, "reject: for operators that are one_to_one; others are counted as they emit");
    if constexpr (Plan::fanout_of(I) > 0 && detail::is_counted<operator_at<0>>) {
      ++counted[I];
    }
  }

  /// From the middle of a span. It happens at home: a frame whose address no call is given stays in registers.
  template <std::size_t I, signal S>
    requires(is_frame)
  LEVADA_INLINE void raise(const S& s) {
    auto& there = *ledger.circuit;
    for_each_below<I>([&](auto node) LEVADA_INLINE_LAMBDA { detail::go_home(held_of<node>(), there.template at<node>()); });
    there.template raise_within_span<I>(s);
    for_each_below<I>([&](auto node) LEVADA_INLINE_LAMBDA { detail::come_back(held_of<node>(), there.template at<node>()); });
  }
  template <std::size_t I, signal S>
  LEVADA_COLD void raise_within_span(const S& s) {
    raise<I>(s);
  }
  /// Goes straight to the next operators that handle S: those between forward it, at compile time.
  template <std::size_t I, std::size_t K = 0, signal S>
    requires(!Plan::has_merges && !is_frame)
  void raise(const S& s) {
    if constexpr (K < Plan::fanout_of(I)) {
      constexpr std::size_t to = next_to_hear<S>(Plan::successor(I, K));
      if constexpr (to < Plan::nodes) {
        if constexpr (handles<operator_at<to>, S>) {
          at<to>().on(s, port<circuit, to>{this});
          enter_again<to>();
        } else {
          raise<to>(s);
        }
      }
      if constexpr (K + 1 < Plan::fanout_of(I)) raise<I, K + 1>(s);
    }
  }
  /// Where streams meet, as a wave: see detail/junctions.hpp.
  template <std::size_t I, signal S>
    requires(Plan::has_merges && !is_frame)
  LEVADA_COLD void raise(const S& s) {
    if (const auto* h = books().merges.heard; h != nullptr && h->kind == &detail::kind_of_signal<S> && h->node == I) {
      auto& w = *static_cast<detail::wave<Plan, S>*>(h->wave);
      w.leave(I, s);
      run<Plan::template below_alone<I>>(w);
    } else {
      detail::wave<Plan, S> fresh;
      fresh.leave(I, s);
      run(fresh);
    }
  }
  /// From several sources in one wave.
  template <signal S>
    requires(Plan::has_merges)
  LEVADA_COLD void raise_from(const std::array<bool, Plan::nodes>& sources, const S& s) {
    detail::wave<Plan, S> fresh;
    for (std::size_t i = 0; i < Plan::nodes; ++i)
      if (sources[i]) fresh.leave(i, s);
    run(fresh);
  }

  /// The loop around a few operators is a fifth of their instructions, and worth four copies of them. Around many it is not, and
  /// without state a frame would save them too little for the time that it takes to compile.
  static constexpr std::size_t short_flow = 8;

  template <std::size_t I>
  static constexpr bool has_aside = Plan::fanout_of(I, 1) > 0;

  /// Sources are counted a span at a time; an operator that is one to one has emitted what it was given.
  template <std::size_t I>
  static consteval bool counts() {
    return !source<operator_at<I>> && !is_one_to_one<operator_at<I>> && Plan::fanout_of(I) > 0 &&
           detail::is_counted<operator_at<0>>;
  }

 private:
  template <std::size_t I>
  LEVADA_INLINE constexpr held_at<I>& held_of() {
    return static_cast<detail::leaf<I, held_at<I>>&>(held).value;
  }
  template <std::size_t I, class F>
  LEVADA_INLINE static void for_each_below(F&& f) {
    for_each_index<Plan::nodes>([&](auto node) LEVADA_INLINE_LAMBDA {
      if constexpr (node != I && Plan::template reaches<I>[node]) f(node);
    });
  }

  template <std::size_t I, std::size_t Input, class E>
  [[gnu::noinline]] void call(const E& e) {
    if constexpr (Plan::is_connected[I])
      taker<I>().template take<Input>(e, port<circuit, I>{this});
    else
      taker<I>()(e, port<circuit, I>{this});
  }

  template <std::size_t I, std::size_t Input, class E>
  [[gnu::noinline]] void call_masked(bool live, const E& e) {
    deliver_masked<I, Input>(live, e);
  }
  template <std::size_t I, std::size_t Input, class E>
  LEVADA_INLINE void deliver_masked(bool live, const E& e) {
    if constexpr (Plan::is_connected[I]) {
      if (live) taker<I>().template take<Input>(e, port<circuit, I>{this});
    } else if constexpr (maskable<std::remove_cvref_t<decltype(taker<I>())>, E>) {
      taker<I>().masked(live, e, port<circuit, I>{this});
    } else {
      if (live) taker<I>()(e, port<circuit, I>{this});
    }
  }

  template <signal S>
  static constexpr auto hears = []<std::size_t... N>(std::index_sequence<N...>) {
    return std::array<bool, Plan::nodes>{handles<operator_at<N>, S>...};
  }(std::make_index_sequence<Plan::nodes>{});

  template <signal S>
  static consteval std::size_t next_to_hear(std::size_t node) {
    while (node < Plan::nodes && !hears<S>[node] && Plan::fanout_of(node) < 2) node = Plan::only_successor(node);
    return node;
  }
  template <std::size_t I, class E>
  static consteval bool takes_batch() {
    if constexpr (Plan::fanout_of(I) == 1 && !Plan::is_connected[Plan::only_successor(I)])
      return batched<std::remove_cvref_t<decltype(std::declval<circuit&>().template taker<Plan::successor(I, 0)>())>, E>;
    else
      return false;
  }

  static constexpr auto all_nodes = [] {
    std::array<bool, Plan::nodes> all{};
    all.fill(true);
    return all;
  }();
  /// Visits those of the nodes at which the wave waits, in order.
  template <const auto& Nodes = all_nodes, signal S>
  void run(detail::wave<Plan, S>& w) {
    for_each_index<Plan::nodes>([&](auto node) {
      if constexpr (!Nodes[node]) return;
      const std::optional<S> s = books().merges.pass(w, node);
      if (s) return visit<node>(w, *s);
      if constexpr (Plan::fanin_of(node) > 1 && std::same_as<S, idle>) {
        if (const auto grown = books().merges.risen(node)) begin<node>(*grown);  // those who remain go on without it
      } else if constexpr (Plan::fanin_of(node) > 1 && std::same_as<S, end_of_stream>) {
        if (const auto grown = books().merges.risen(node)) begin<node>(*grown);
        if (const auto together = books().merges.aligned(node)) begin<node>(*together);
        if (const auto all = books().merges.paused(node)) begin<node>(*all);
      }
    });
  }
  template <std::size_t I, signal S>
  void begin(const S& s) {
    detail::wave<Plan, S> fresh;
    visit<I>(fresh, s);
    run(fresh);
  }
  template <std::size_t I, signal S>
  void visit(detail::wave<Plan, S>& w, const S& s) {
    if constexpr (handles<operator_at<I>, S>) {
      struct memory {  // a throw must not leave a trace of this wave
        const detail::hearing*& place;
        const detail::hearing* outer;
        ~memory() { place = outer; }
      };
      const detail::hearing now{&detail::kind_of_signal<S>, I, &w};
      const memory restore{books().merges.heard, books().merges.heard};
      books().merges.heard = &now;
      at<I>().on(s, port<circuit, I>{this});
      enter_again<I>();
    } else {
      w.leave(I, s);
    }
  }
};

}  // namespace levada::inline v0
