// SPDX-License-Identifier: BSL-1.0
// plan: the constexpr table of a flow: its edges, and the thread of each operator, drawn from the shape of its statements.
// Operators are numbered in the order of writing, so an edge always leads to a higher number.
#pragma once

#include <levada/core/fixed_string.hpp>
#include <levada/flow/detail/shapes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

/// One edge of a flow: from an output of one operator to the next operator.
struct edge {
  std::uint16_t from = 0;
  std::uint16_t to = 0;
  std::uint16_t output = 0;  ///< of `from`: most operators have one, 0
  std::uint16_t input = 0;   ///< of `to`: only an operator behind connect(...) has several

  bool operator==(const edge&) const = default;
};

namespace detail {

// ---- drawing ----------------------------------------------------------------------------------------------------------

/// Where a stream stands while it is drawn: the outputs that carry it. Several after a merge, none after a sink.
template <std::size_t Most>
struct stream_ends {
  std::array<std::uint16_t, Most> node{};
  std::array<std::uint16_t, Most> output{};
  std::array<std::uint16_t, Most> input{};  // of the operator that follows
  std::size_t size = 0;

  constexpr void add(std::size_t n, std::size_t o, std::size_t i = 0) {
    node[size] = static_cast<std::uint16_t>(n);
    output[size] = static_cast<std::uint16_t>(o);
    input[size++] = static_cast<std::uint16_t>(i);
  }
  constexpr void add(const stream_ends& other) {
    for (std::size_t i = 0; i < other.size; ++i) add(other.node[i], other.output[i], other.input[i]);
  }
};

/// What can be wrong with the threads of a flow.
enum class thread_fault : std::uint8_t { none, merged, backward };

template <std::size_t Nodes, std::size_t Edges, std::size_t Statements>
struct drawing {
  using ends = stream_ends<4 * Nodes>;  // a stream may be merged with itself
  std::array<edge, Edges> edges{};
  std::size_t drawn = 0;  // edges; those beyond `Edges` are only counted
  std::size_t node = 0;   // the next one
  std::array<std::uint16_t, Nodes> thread{};
  std::array<std::string_view, Nodes> thread_names{};  // of thread 1 and above
  std::size_t threads = 1;
  std::array<bool, Nodes> is_inlet{};
  std::array<std::size_t, Nodes> cut_from{}, cut_to{};  // threads
  std::size_t cuts = 0;
  std::array<ends, Statements> statements{};
  thread_fault fault = thread_fault::none;

  constexpr std::size_t thread_of(const ends& here) {
    const std::size_t first = here.size == 0 ? 0 : thread[here.node[0]];
    for (std::size_t i = 1; i < here.size; ++i)
      if (thread[here.node[i]] != first) fault = thread_fault::merged;
    return first;
  }
  constexpr void place(ends& here, std::size_t on_thread) {
    for (std::size_t i = 0; i < here.size; ++i, ++drawn)
      if (drawn < Edges) edges[drawn] = {here.node[i], static_cast<std::uint16_t>(node), here.output[i], here.input[i]};
    thread[node] = static_cast<std::uint16_t>(on_thread);
    here.size = 0;
    here.add(node++, 0);
  }

  template <std::size_t N>
  constexpr void draw(ends& here, row_of<N>) {
    for (std::size_t i = 0; i < N; ++i) place(here, thread_of(here));
  }
  template <class... Branches>
  constexpr void draw(ends& here, fork_shape<Branches...>) {
    ends open;
    (draw_branch(here, open, Branches{}), ...);
    here = open;
  }
  template <std::size_t First, class... Branches>
  constexpr void draw(ends& here, outputs_shape<First, Branches...>) {
    const std::size_t from = here.node[0];
    ends open;
    if (First > 0) open = here;
    std::size_t output = First;
    auto one = [&](auto branch) {
      ends begin;
      begin.add(from, output++);
      draw_branch(begin, open, branch);
    };
    (one(Branches{}), ...);
    here = open;
  }
  template <std::size_t Statement>
  constexpr void draw(ends& here, use_shape<Statement>) {
    here = statements[Statement];
  }
  template <class... Begins>
  constexpr void draw(ends& here, merge_shape<Begins...>) {
    (draw_branch(ends{}, here, Begins{}), ...);
  }
  template <class... Begins>
  constexpr void draw(ends& here, connect_shape<Begins...>) {
    std::size_t input = 0;
    auto one = [&](auto begin) {
      ends stream;
      draw(stream, begin);
      for (std::size_t i = 0; i < stream.size; ++i) here.add(stream.node[i], stream.output[i], input);
      ++input;
    };
    (one(Begins{}), ...);
  }
  template <fixed_string Name>
  constexpr void draw(ends& here, cut_shape<Name>) {
    const std::size_t from = thread_of(here);
    place(here, from);
    std::size_t to = 1;
    while (to < threads && (Name.empty() || thread_names[to] != Name.view())) ++to;
    if (to == threads) thread_names[threads++] = Name.view();
    is_inlet[node] = true;
    cut_from[cuts] = from;
    cut_to[cuts++] = to;
    here.size = 0;
    place(here, to);
  }
  /// Threads wait for those below them when a ring is full, so none may stand below itself.
  constexpr void check_threads() {
    std::array<std::size_t, Nodes> depth{};
    for (std::size_t round = 0; round <= threads; ++round)
      for (std::size_t i = 0; i < cuts; ++i)
        if (depth[cut_to[i]] <= depth[cut_from[i]]) depth[cut_to[i]] = depth[cut_from[i]] + 1;
    for (std::size_t t = 0; t < threads; ++t)
      if (depth[t] >= threads) fault = thread_fault::backward;
  }
  constexpr void draw(ends& here, end_shape) { here.size = 0; }
  template <class... Shapes>
  constexpr void draw(ends& here, path<Shapes...>) {
    (draw(here, Shapes{}), ...);
  }
  template <class Branch>
  constexpr void draw_branch(ends begin, ends& open, Branch shape) {
    draw(begin, shape);
    open.add(begin);
  }
};

/// What follows from a table of edges. Table has `nodes` and `edges`.
template <class Table>
struct wiring : Table {
  using Table::edges;
  using Table::nodes;

  /// The edges into node n are those from first_into[n] to first_into[n + 1]: the table is sorted by `to`.
  static constexpr auto first_into = [] {
    std::array<std::uint16_t, nodes + 1> first{};
    for (const edge& e : edges)
      for (std::size_t node = e.to + std::size_t{1}; node <= nodes; ++node) ++first[node];
    return first;
  }();
  static constexpr std::size_t fanin_of(std::size_t node) { return std::size_t{first_into[node + 1]} - first_into[node]; }
  static constexpr bool has_merges = [] {
    for (std::size_t node = 0; node < nodes; ++node)
      if (fanin_of(node) > 1) return true;
    return false;
  }();
  /// The same edges sorted by where they come from: those out of node n are leaving[first_out_of[n]] to first_out_of[n + 1].
  // Tables and plain functions: a template for each node would cost a long flow seconds of compile time.
  static constexpr auto first_out_of = [] {
    std::array<std::uint16_t, nodes + 1> first{};
    for (const edge& e : edges)
      for (std::size_t node = e.from + std::size_t{1}; node <= nodes; ++node) ++first[node];
    return first;
  }();
  static constexpr auto leaving = [] {
    auto next = first_out_of;
    auto sorted = edges;
    for (const edge& e : edges) sorted[next[e.from]++] = e;
    return sorted;
  }();
  static constexpr std::size_t fanout_of(std::size_t node) { return std::size_t{first_out_of[node + 1]} - first_out_of[node]; }
  static constexpr std::size_t successor(std::size_t node, std::size_t k) { return leaving[first_out_of[node] + k].to; }
  /// Of one output only.
  static constexpr std::size_t fanout_of(std::size_t node, std::size_t output) {
    std::size_t n = 0;
    for (std::size_t i = first_out_of[node]; i < first_out_of[node + 1]; ++i) n += leaving[i].output == output ? 1u : 0u;
    return n;
  }
  static constexpr std::size_t successor(std::size_t node, std::size_t output, std::size_t k) {
    std::size_t i = first_out_of[node];
    while (leaving[i].output != output || k-- > 0) ++i;
    return leaving[i].to;
  }
  static constexpr std::size_t input_of(std::size_t node, std::size_t output, std::size_t k) {
    std::size_t i = first_out_of[node];
    while (leaving[i].output != output || k-- > 0) ++i;
    return leaving[i].input;
  }
  /// The first edge that leads to an input.
  static constexpr edge edge_into(std::size_t node, std::size_t input) {
    std::size_t i = first_into[node];
    while (edges[i].input != input) ++i;
    return edges[i];
  }
  static constexpr std::size_t inputs_of(std::size_t node) {
    std::size_t n = 1;
    for (std::size_t i = first_into[node]; i < first_into[node + 1]; ++i)
      if (edges[i].input >= n) n = edges[i].input + std::size_t{1};
    return n;
  }
  /// Does each stream that leads to a node come to an input of its own?
  static constexpr auto is_connected = [] {
    std::array<bool, nodes> connected{};
    for (const edge& e : edges) connected[e.to] = connected[e.to] || e.input > 0;
    return connected;
  }();
  /// Of a node without branches; `nodes` at the end of a chain.
  static constexpr std::size_t only_successor(std::size_t node) { return fanout_of(node) == 0 ? nodes : successor(node, 0); }
  /// Is node I the source itself, or can its events come there?
  template <std::size_t Source>
  static constexpr auto reaches = [] {
    std::array<bool, nodes> seen{};
    seen[Source] = true;
    for (const edge& e : edges)  // sorted by `to`, and `from` is less: it is settled when it is asked
      if (seen[e.from]) seen[e.to] = true;
    return seen;
  }();
  /// The nodes that nothing comes to but through node I.
  template <std::size_t I>
  static constexpr auto below_alone = [] {
    std::array<bool, nodes> alone{};
    for (std::size_t node = I + 1; node < nodes; ++node) {
      alone[node] = fanin_of(node) > 0;
      for (std::size_t i = first_into[node]; i < first_into[node + 1]; ++i)
        if (edges[i].from != I && !alone[edges[i].from]) alone[node] = false;
    }
    return alone;
  }();
  /// Where several streams meet, the operators below would be inlined once for each of them, and a row of diamonds would
  /// double the code each time. A node behind more than four copies is called instead.
  static constexpr std::size_t most_copies = 4;
  static constexpr auto is_called = [] {
    std::array<bool, nodes> called{};
    std::array<std::size_t, nodes> copies{};
    for (std::size_t node = 0; node < nodes; ++node) {
      for (const edge& e : edges)
        if (e.to == node) copies[node] += copies[e.from];
      called[node] = copies[node] > most_copies;
      if (called[node] || copies[node] == 0) copies[node] = 1;
    }
    return called;
  }();
  /// Counters of a node's second and later outputs lie behind those of all nodes.
  static constexpr std::size_t counter_of(std::size_t node, std::size_t output) {
    if (output == 0) return node;
    std::size_t at = nodes + output - 1;
    for (std::size_t n = 0; n < node; ++n) at += outputs_of(n) - 1;
    return at;
  }
  static constexpr std::size_t outputs_of(std::size_t node) {
    std::size_t n = 1;
    for (std::size_t i = first_out_of[node]; i < first_out_of[node + 1]; ++i)
      if (leaving[i].output >= n) n = leaving[i].output + std::size_t{1};
    return n;
  }
  static constexpr std::size_t counters = [] {
    std::size_t n = 0;
    for (std::size_t node = 0; node < nodes; ++node) n += outputs_of(node);
    return n;
  }();
};

/// The whole flow: one path for each statement.
template <class... Paths>
struct plan_table {
  static constexpr bool flow_has_merges = false;  // but here
  static constexpr std::size_t nodes = (operators_in<Paths> + ... + 0);

  template <std::size_t Edges>
  static constexpr auto draw() {
    drawing<nodes, Edges, sizeof...(Paths)> d;
    std::size_t statement = 0;
    auto one = [&](auto shape) {
      typename decltype(d)::ends here;
      d.draw(here, shape);
      d.statements[statement++] = here;
    };
    (one(Paths{}), ...);
    d.check_threads();
    return d;
  }
  static constexpr auto drawn = draw<draw<1>().drawn>();
  static constexpr const auto& edges = drawn.edges;
  static constexpr std::size_t threads = drawn.threads;
  /// The nodes that the events of one can come to, also over rings: an inlet stands behind its outlet.
  static constexpr auto reached_from(std::size_t source) {
    std::array<bool, nodes> seen{};
    seen[source] = true;
    for (std::size_t node = source + 1, k = 0; node < nodes; ++node) {
      seen[node] = drawn.is_inlet[node] && seen[node - 1];
      while (k < edges.size() && edges[k].to < node) ++k;
      for (; k < edges.size() && edges[k].to == node; ++k) seen[node] = seen[node] || seen[edges[k].from];
    }
    return seen;
  }
  /// Do the streams of two sources flow together somewhere?
  static constexpr bool meet(std::size_t a, std::size_t b) {
    const auto from_a = reached_from(a), from_b = reached_from(b);
    for (std::size_t i = 0; i < edges.size(); ++i)
      for (std::size_t k = 0; k < edges.size(); ++k)
        if (i != k && edges[i].to == edges[k].to && from_a[edges[i].from] && from_b[edges[k].from]) return true;
    return false;
  }
};
template <class... Paths>
using plan = wiring<plan_table<Paths...>>;

/// What one thread of a flow runs. Node k of it is node `whole[k]` of the flow.
template <class Whole, std::size_t Thread>
struct part_table {
  static constexpr bool flow_has_merges = Whole::has_merges;  // here, or on a thread below
  static constexpr bool meet(std::size_t a, std::size_t b) { return Whole::meet(whole[a], whole[b]); }
  static constexpr std::size_t nodes = [] {
    std::size_t n = 0;
    for (auto t : Whole::drawn.thread) n += t == Thread ? 1 : 0;
    return n;
  }();
  static constexpr auto whole = [] {
    std::array<std::uint16_t, nodes> of{};
    for (std::size_t i = 0, n = 0; i < Whole::nodes; ++i)
      if (Whole::drawn.thread[i] == Thread) of[n++] = static_cast<std::uint16_t>(i);
    return of;
  }();
  static constexpr auto edges = [] {
    constexpr auto inside = [](const edge& e) { return Whole::drawn.thread[e.from] == Thread; };  // none leads across
    constexpr std::size_t size = [=] {
      std::size_t n = 0;
      for (const edge& e : Whole::edges)
        if (inside(e)) ++n;
      return n;
    }();
    constexpr auto here = [](std::uint16_t node) {
      std::uint16_t k = 0;
      while (whole[k] != node) ++k;
      return k;
    };
    std::array<edge, size> table{};
    std::size_t n = 0;
    for (const edge& e : Whole::edges)
      if (inside(e)) table[n++] = {here(e.from), here(e.to), e.output, e.input};
    return table;
  }();
};
template <class Whole, std::size_t Thread>
using part = wiring<part_table<Whole, Thread>>;

}  // namespace detail

}  // namespace levada::inline v0
