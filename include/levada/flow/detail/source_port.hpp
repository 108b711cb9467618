// SPDX-License-Identifier: BSL-1.0
// source_port: what a source sees of its graph, and which operators a graph looks for.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

/// A source's view of the graph: where its spans and signals go, and what time it is.
template <class Graph, std::size_t I>
struct source_port {
  Graph* graph;

  template <class E>
  void operator()(std::span<const E> events) const {
    graph->template run<I>(events);
  }
  template <signal S>
  void raise(const S& s) const {
    graph->template raise<I>(s);
  }
  /// The next events arrive at time t. Time never runs backward: an earlier t is ignored.
  void advance(timestamp t) const { graph->advance(t); }
  /// The next spans, and what is raised meanwhile, are of this one of its splits: partitions or producers, each with a time of
  /// its own.
  void split(std::uint32_t number) const { graph->split(number); }
  void drop(std::uint64_t events = 1) const { graph->template drop<I>(events); }
  [[nodiscard]] timestamp now() const { return graph->clock().now; }
  [[nodiscard]] timestamp wall() const { return graph->clock().wall; }
  [[nodiscard]] duration steady() const { return graph->clock().steady; }
  [[nodiscard]] static constexpr std::string_view name() { return Graph::template operator_at<I>::name; }
};

namespace detail {

/// Kinds of operators that the engine looks for, so that a long flow is not walked node by node at compile time.
struct which_bring_events {
  template <class Op>
  static constexpr bool holds = source<Op>;
};
struct which_end_last {
  template <class Op>
  static constexpr bool holds = source<Op> && ends_last<Op>;
};
struct which_bring_time {
  template <class Op>
  static constexpr bool holds = requires { requires Op::brings_time; };
};
struct which_open {
  template <class Op>
  static constexpr bool holds = openable<Op>;
};
struct which_report {
  template <class Op>
  static constexpr bool holds = reports_status<Op>;
};
struct which_wait_for_time {
  template <class Op>
  static constexpr bool holds = timed<Op>;
};

/// The first operator of that name, or without a name the first source; the number of operators if there is none.
template <class... Ops>
constexpr std::size_t node_named(std::string_view name) {
  std::size_t found = sizeof...(Ops), i = 0;
  ((found = found == sizeof...(Ops) && (name.empty() ? source<Ops> : std::string_view(Ops::name) == name) ? i : found, ++i), ...);
  return found;
}

}  // namespace detail

}  // namespace levada::inline v0
