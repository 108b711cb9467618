// SPDX-License-Identifier: BSL-1.0
// stage: operators and the edges between them, as one thread runs them. An event is pushed through the whole path before
// the next one is looked at; every call is inlined, so a span of events runs in one loop.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// One edge of a flow: from the output of one operator to an input of another.
struct edge {
  std::uint16_t from = 0;
  std::uint16_t to = 0;
  std::uint16_t port = 0;
};

namespace detail {

/// The constexpr edge table of a flow whose chains have Lengths operators each.
template <std::size_t... Lengths>
struct plan {
  static constexpr std::size_t nodes = (Lengths + ... + 0);
  static constexpr auto edges = [] {
    std::array<edge, nodes - sizeof...(Lengths)> table{};
    std::size_t node = 0, filled = 0;
    ((void)[&](std::size_t length) {
      for (std::size_t i = 0; i + 1 < length; ++i, ++node)
        table[filled++] = {static_cast<std::uint16_t>(node), static_cast<std::uint16_t>(node + 1), 0};
      ++node;
    }(Lengths), ...);
    return table;
  }();

  static constexpr std::size_t fanout_of(std::size_t node) {
    std::size_t n = 0;
    for (const edge& e : edges) n += e.from == node ? 1 : 0;
    return n;
  }
  /// Of a node without branches; `nodes` at the end of a chain.
  static constexpr std::size_t only_successor(std::size_t node) {
    for (const edge& e : edges)
      if (e.from == node) return e.to;
    return nodes;
  }
  template <std::size_t I>
  static constexpr std::size_t fanout = fanout_of(I);
  template <std::size_t I>
  static constexpr auto successors = [] {
    std::array<std::uint16_t, fanout<I>> to{};
    std::size_t n = 0;
    for (const edge& e : edges)
      if (e.from == I) to[n++] = e.to;
    return to;
  }();
  /// Is node I the source itself, or can its events come there?
  template <std::size_t Source>
  static constexpr auto reaches = [] {
    std::array<bool, nodes> seen{};
    seen[Source] = true;
    for (std::size_t round = 0; round < nodes; ++round) {
      bool grew = false;
      for (const edge& e : edges)
        if (seen[e.from] && !seen[e.to]) seen[e.to] = grew = true;
      if (!grew) break;
    }
    return seen;
  }();
};

/// How a stage reaches an operator: it owns it, holds a copy in its frame, or points at it.
template <class Op>
struct in_frame {
  Op op;
};
template <class Op>
struct in_place {
  Op* op;
};
template <class Op>
LEVADA_INLINE constexpr Op& reach(Op& op) {
  return op;
}
template <class Op>
LEVADA_INLINE constexpr Op& reach(in_frame<Op>& f) {
  return f.op;
}
template <class Op>
LEVADA_INLINE constexpr Op& reach(in_place<Op>& f) {
  return *f.op;
}
template <class Held>
struct operator_of {
  using type = Held;
};
template <class Op>
struct operator_of<in_frame<Op>> {
  using type = Op;
};
template <class Op>
struct operator_of<in_place<Op>> {
  using type = Op;
};

}  // namespace detail

/// What every operator of a stage may ask, and what it may have to say about events that go no further.
struct stage_clock {
  timestamp now = long_ago;  ///< processing time: that of the events while there are any unread, the clock's when not
  timestamp wall{};          ///< the clock of the runner, read once a turn
  duration steady{};
};

/// An operator's only view of the world: where its events go, the time, its name. One pointer.
template <class Stage, std::size_t I>
struct port {
  Stage* stage;

  template <class E>
  LEVADA_INLINE void operator()(const E& e) const {
    stage->template emit<I>(e);
  }
  /// Emits an event that counts only if it is alive; downstream operators may compute with it either way.
  template <class E>
  LEVADA_INLINE void maybe(bool live, const E& e) const {
    stage->template emit_masked<I>(live, e);
  }
  template <class E>
  LEVADA_INLINE void batch(std::span<const E> events) const {
    stage->template emit_batch<I>(events);
  }
  template <signal S>
  void raise(const S& s) const {
    stage->template raise<I>(s);
  }
  /// Counts events that go no further by policy or by lack of room, not by a predicate.
  void drop(std::uint64_t events = 1) const { stage->dropped[I] += events; }
  [[nodiscard]] timestamp now() const { return stage->clock.now; }
  [[nodiscard]] timestamp wall() const { return stage->clock.wall; }
  [[nodiscard]] duration steady() const { return stage->clock.steady; }
  [[nodiscard]] static constexpr std::string_view name() { return Stage::template operator_at<I>::name; }
};

/// Held is an operator, or an in_frame or in_place of one. `Dropped` is an array, or a pointer to one.
template <class Plan, class Dropped, class... Held>
struct stage {
  pack<Held...> held;
  stage_clock clock{};
  std::array<std::uint64_t, Plan::nodes> emitted{};  // by operators that are not one to one, and by sources
  Dropped dropped{};

  template <std::size_t I>
  using held_at = element<I, pack<Held...>>;
  template <std::size_t I>
  using operator_at = typename detail::operator_of<held_at<I>>::type;

  template <std::size_t I>
  LEVADA_INLINE constexpr operator_at<I>& at() {
    return detail::reach(static_cast<detail::leaf<I, held_at<I>>&>(held).value);
  }

  // Successor by successor, without a lambda in between: the inliner works its way through every call of a long chain
  // again and again, so one call an operator more is seconds of compile time.
  template <std::size_t I, std::size_t K = 0, class E>
  LEVADA_INLINE void emit(const E& e) {
    if constexpr (K == 0 && counts<I>()) ++emitted[I];
    if constexpr (K < Plan::template fanout<I>) {
      constexpr std::size_t to = Plan::template successors<I>[K];
      at<to>()(e, port<stage, to>{this});
      if constexpr (K + 1 < Plan::template fanout<I>) emit<I, K + 1>(e);
    }
  }
  template <std::size_t I, std::size_t K = 0, class E>
  LEVADA_INLINE void emit_masked(bool live, const E& e) {
    if constexpr (K == 0 && counts<I>()) emitted[I] += live ? 1 : 0;
    if constexpr (K < Plan::template fanout<I>) {
      constexpr std::size_t to = Plan::template successors<I>[K];
      if constexpr (maskable<operator_at<to>, E>) {
        at<to>().masked(live, e, port<stage, to>{this});
      } else {
        if (live) at<to>()(e, port<stage, to>{this});
      }
      if constexpr (K + 1 < Plan::template fanout<I>) emit_masked<I, K + 1>(live, e);
    }
  }
  template <std::size_t I, class E>
  LEVADA_INLINE void emit_batch(std::span<const E> events) {
    if constexpr (takes_batch<I, E>()) {
      constexpr std::size_t to = Plan::template successors<I>[0];
      if constexpr (counts<I>()) emitted[I] += events.size();
      at<to>().batch(events, port<stage, to>{this});
    } else {
      for (const E& e : events) emit<I>(e);
    }
  }
  /// Goes straight to the next operators that handle S: those between forward it, at compile time.
  template <std::size_t I, std::size_t K = 0, signal S>
  void raise(const S& s) {
    if constexpr (K < Plan::template fanout<I>) {
      constexpr std::size_t to = next_to_hear<S>(Plan::template successors<I>[K]);
      if constexpr (to < Plan::nodes) {
        if constexpr (handles<operator_at<to>, S>)
          at<to>().on(s, port<stage, to>{this});
        else
          raise<to>(s);
      }
      if constexpr (K + 1 < Plan::template fanout<I>) raise<I, K + 1>(s);
    }
  }

  /// Sources are counted a span at a time; an operator that is one to one has emitted what it was given.
  template <std::size_t I>
  static consteval bool counts() {
    return !source<operator_at<I>> && !is_one_to_one<operator_at<I>> && Plan::template fanout<I> > 0;
  }

 private:
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
    if constexpr (Plan::template fanout<I> == 1)
      return batched<operator_at<Plan::template successors<I>[0]>, E>;
    else
      return false;
  }
};

}  // namespace levada::inline v0
