// SPDX-License-Identifier: BSL-1.0
// draw: a flow as a picture: its operators with what went through them and what they hold, and the types on its edges.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/text.hpp>
#include <levada/core/type_name.hpp>
#include <levada/flow/graph.hpp>
#include <levada/flow/plan.hpp>
#include <levada/wire/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace levada::inline v0 {

/// dot: for Graphviz. mermaid: for pages that render it, as many code hosts do. json: for programs; one object.
enum class picture : std::uint8_t { dot, mermaid, json };

namespace detail {

struct drawn_node {
  operator_counts counts;
  std::uint64_t state_bytes = 0;
  std::size_t thread = 0;
};
struct drawn_edge {
  std::size_t from = 0, to = 0, output = 0;
  text<120> event;
  std::uint64_t events = 0;
  bool is_ring = false;  ///< between two threads
};

/// The type that output Output of node I emits.
template <class Flow, std::size_t I, std::size_t Output>
struct emitted_type {
  template <std::size_t Input>
  using at_input =
      typename emitted_type<Flow, Flow::wiring::edge_into(I, Input).from, Flow::wiring::edge_into(I, Input).output>::type;
  template <std::size_t... Input>
  static inputs<at_input<Input>...> connected(std::index_sequence<Input...>);
  template <class Wiring>
  static auto arriving() {
    if constexpr (Wiring::is_connected[I])
      return std::type_identity<decltype(connected(std::make_index_sequence<Wiring::inputs_of(I)>{}))>{};
    else
      return std::type_identity<at_input<0>>{};
  }
  using in = typename decltype(arriving<typename Flow::wiring>())::type;
  using op = typename Flow::template operator_at<I>;
  template <class Op>
  static auto of() {
    if constexpr (requires { typename Op::template output_at<Output, in>; })
      return std::type_identity<typename Op::template output_at<Output, in>>{};
    else if constexpr (Output == 1)
      return std::type_identity<typename Op::aside_type>{};
    else
      return std::type_identity<typename Op::template output<in>>{};
  }
  using type = typename decltype(of<op>())::type;
};
template <class Flow, std::size_t I, std::size_t Output>
  requires source<typename Flow::template operator_at<I>>
struct emitted_type<Flow, I, Output> {
  using type = typename Flow::template operator_at<I>::event_type;
};

template <class Op>
std::uint64_t state_bytes_of(const Op& op) {
  if constexpr (requires { op.state.bytes(); })
    return op.state.bytes();
  else if constexpr (requires { op.state; })
    return sizeof op.state;
  else
    return 0;
}

template <class Write>
class draughtsman {
 public:
  draughtsman(Write& write, std::span<const drawn_node> nodes, std::span<const drawn_edge> edges,
              std::span<const std::string_view> threads)
      : write_(write), nodes_(nodes), edges_(edges), threads_(threads) {}

  void dot() {
    put("digraph flow {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
        "  edge [fontname=\"sans-serif\", fontsize=10];\n");
    for (std::size_t t = 0; t < threads_.size(); ++t) {
      if (threads_.size() > 1) put("  subgraph cluster_", t, " {\n    label=\"", quoted{thread_name(t).view()}, "\";\n");
      for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i].thread != t) continue;
        put("  n", i, " [label=\"", quoted{title(i).view()}, "\\n", details(i), "\"];\n");
      }
      if (threads_.size() > 1) put("  }\n");
    }
    for (const drawn_edge& e : edges_) {
      put("  n", e.from, " -> n", e.to, " [label=\"", quoted{e.event.view()}, "\"");
      put(e.is_ring ? ", style=dashed];\n" : "];\n");
    }
    put("}\n");
  }

  void mermaid() {
    put("flowchart LR\n");
    for (std::size_t t = 0; t < threads_.size(); ++t) {
      if (threads_.size() > 1) put("  subgraph t", t, "[\"", entities{thread_name(t).view()}, "\"]\n");
      for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (nodes_[i].thread == t) put("  n", i, "[\"", entities{title(i).view()}, "<br/>", details(i), "\"]\n");
      if (threads_.size() > 1) put("  end\n");
    }
    for (const drawn_edge& e : edges_)
      put("  n", e.from, e.is_ring ? " -.->|\"" : " -->|\"", entities{e.event.view()}, "\"| n", e.to, "\n");
  }

  void json() {
    put("{\"operators\":[");
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const drawn_node& n = nodes_[i];
      put(i == 0 ? "" : ",", "{\"id\":", i, ",\"kind\":", string{n.counts.kind}, ",\"name\":", string{n.counts.name});
      put(",\"thread\":", n.thread, ",\"in\":", n.counts.in, ",\"out\":", n.counts.out, ",\"dropped\":", n.counts.dropped);
      put(",\"state_bytes\":", n.state_bytes, "}");
    }
    put("],\"edges\":[");
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      const drawn_edge& e = edges_[i];
      put(i == 0 ? "" : ",", "{\"from\":", e.from, ",\"to\":", e.to, ",\"output\":", e.output);
      put(",\"event\":", string{e.event.view()}, ",\"events\":", e.events, ",\"ring\":", e.is_ring ? "true}" : "false}");
    }
    put("],\"threads\":[");
    for (std::size_t t = 0; t < threads_.size(); ++t) put(t == 0 ? "" : ",", string{thread_name(t).view()});
    put("]}\n");
  }

 private:
  struct quoted {  // for DOT
    std::string_view words;
  };
  struct entities {  // for mermaid
    std::string_view words;
  };
  struct string {  // for JSON
    std::string_view words;
  };

  [[nodiscard]] text<64> thread_name(std::size_t t) const {
    if (t == 0) return "main";
    return threads_[t].empty() ? compose<64>("stage ", t) : compose<64>(threads_[t]);
  }
  [[nodiscard]] text<160> title(std::size_t i) const {
    const operator_counts& c = nodes_[i].counts;
    return c.name.empty() ? compose<160>(c.kind) : compose<160>(c.kind, ' ', c.name);
  }
  [[nodiscard]] text<160> details(std::size_t i) const {
    const drawn_node& n = nodes_[i];
    auto all = n.counts.in == n.counts.out ? compose<160>(n.counts.in, " events")
                                           : compose<160>(n.counts.in, " in, ", n.counts.out, " out");
    if (n.counts.dropped != 0) all += compose<40>(", ", n.counts.dropped, " dropped").view();
    if (n.state_bytes != 0) all += compose<48>(", state ", n.state_bytes, " B").view();
    return all;
  }

  template <class... Part>
  void put(const Part&... part) {
    (one(part), ...);
  }
  void one(std::string_view s) { write_(s); }
  void one(std::size_t n) { write_(compose<24>(n).view()); }
  template <std::size_t N>
  void one(const text<N>& t) {
    write_(t.view());
  }
  void one(quoted q) {
    escape(q.words, [](char c) -> std::string_view { return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string_view(); });
  }
  void one(entities e) {
    escape(e.words, [](char c) -> std::string_view {
      return c == '"' ? "#quot;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '#' ? "#35;" : std::string_view();
    });
  }
  void one(string s) { json_writer<Write>{write_}.string(s.words); }
  void escape(std::string_view words, auto substitute) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string_view other = substitute(words[i]);
      write_(other.empty() ? words.substr(i, 1) : other);
    }
  }

  Write& write_;
  std::span<const drawn_node> nodes_;
  std::span<const drawn_edge> edges_;
  std::span<const std::string_view> threads_;
};

}  // namespace detail

/// Takes  a flow, open or not, that does not run meanwhile; write(std::string_view) is called with the picture, piece by piece.
/// Emits  operators with kind, name, counts and bytes of state; edges with their event types; threads and the rings between.
/// Costs  some microseconds an operator: for people, not for a hot path.
template <class Flow, class Write>
void draw(const Flow& flow, picture how, Write&& write) {
  using wiring = typename Flow::wiring;
  std::array<detail::drawn_node, wiring::nodes> nodes;
  for_each_index<wiring::nodes>([&](auto i) {
    nodes[i] = {flow.template count_at<i>(), detail::state_bytes_of(flow.template node<i>()), Flow::thread_of(i)};
  });
  std::array<detail::drawn_edge, wiring::edges.size() + Flow::rings> edges;
  for_each_index<wiring::edges.size()>([&](auto k) {
    constexpr edge e = wiring::edges[k];
    edges[k] = {e.from,
                e.to,
                e.output,
                type_name<typename detail::emitted_type<Flow, e.from, e.output>::type>(),
                flow.template emitted_at<e.from>(e.output),
                false};
  });
  if constexpr (Flow::rings > 0) {
    std::size_t at = wiring::edges.size();
    for_each_index<wiring::nodes - 1>([&](auto i) {  // an inlet stands behind its outlet
      if constexpr (source<typename Flow::template operator_at<i + 1>> && Flow::thread_of(i + 1) != 0)
        edges[at++] = {
            i, i + 1, 0, type_name<typename Flow::template operator_at<i + 1>::event_type>(), nodes[i + 1].counts.out, true};
    });
  }
  std::array<std::string_view, Flow::threads> threads;
  for (std::size_t t = 0; t < threads.size(); ++t) threads[t] = Flow::name_of_thread(t);
  detail::draughtsman by(write, nodes, edges, threads);
  switch (how) {
    case picture::dot: return by.dot();
    case picture::mermaid: return by.mermaid();
    case picture::json: return by.json();
  }
}

}  // namespace levada::inline v0
