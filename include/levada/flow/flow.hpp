// SPDX-License-Identifier: BSL-1.0
// flow: makes a graph of statements.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/detail/elaborate.hpp>
#include <levada/flow/detail/refused_graph.hpp>
#include <levada/flow/graph.hpp>
#include <levada/flow/plan.hpp>
#include <levada/flow/staged_graph.hpp>
#include <levada/flow/stream.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// Names of streams are alone, and each is used.
template <fixed_string Name, class Chain>
constexpr auto name_of(const named_chain<Name, Chain>*) {
  return Name;
}
constexpr auto name_of(const void*) {
  return fixed_string("");
}

template <fixed_string Name, class Chain>
constexpr Chain statement_chain(named_chain<Name, Chain>&& s) {
  return std::move(s.chain);
}
template <joinable C>
constexpr auto statement_chain(C&& c) {
  return begin_chain(std::move(c));
}

/// Does a chain begin with this stream, alone or in a merge?
template <fixed_string Name, class Begin>
inline constexpr bool begins_with = false;
template <fixed_string Name, class Chain>
inline constexpr bool uses = false;
template <fixed_string Name, class Out, class... Ops>
inline constexpr bool uses<Name, chain<Out, Ops...>> = (begins_with<Name, Ops> || ...);
template <fixed_string Name>
inline constexpr bool begins_with<Name, named_begin<Name>> = true;
template <fixed_string Name, class... Chains>
inline constexpr bool begins_with<Name, merged_begin<Chains...>> = (uses<Name, Chains> || ...);

template <fixed_string Name, class Out>
consteval bool is_whole() {
  if constexpr (std::same_as<Out, refused>) {
    return false;
  } else {
    constexpr bool begins = !std::same_as<Out, unbound>;
    static_assert(begins, "flow: this chain has no source; begin it with from(...)");
    constexpr bool ends = !begins || !Name.empty() || std::same_as<Out, nothing>;
    static_assert(ends, "flow: this chain has no sink, its events would go nowhere; end it with to(...)");
    constexpr bool names = Name.empty() || !std::same_as<Out, nothing>;
    static_assert(names, "flow: this chain has a name and ends in to(...), so nothing is left to be named");
    return begins && ends && names;
  }
}

template <class Whole, class... Ops>
consteval bool keys_agree() {
  constexpr auto agree = [] {
    constexpr std::array<bool, sizeof...(Ops)> assigns{has_own_slots<Ops>...};
    std::array<std::size_t, sizeof...(Ops)> origin{};  // 1 + the node that gave the slots; 0: no key
    bool one = true;
    for (std::size_t node = 0; node < Whole::nodes; ++node) {
      for (const edge& e : Whole::edges)
        if (e.to == node) {
          one = one && (origin[node] == 0 || origin[node] == origin[e.from]);
          origin[node] = origin[e.from];
        }
      if (assigns[node]) origin[node] = node + 1;
    }
    return one;
  }();
  static_assert(agree, "merge: these streams got their keys from different key_by(...), so one slot would mean two keys; merge "
                       "them first, and key_by after it");
  return agree;
}
template <class Whole>
consteval bool threads_agree() {
  constexpr bool together = Whole::drawn.fault != thread_fault::merged;
  static_assert(together, "merge: these streams run on different threads; bring each to one with stage<\"name\">() of one name");
  constexpr bool forward = Whole::drawn.fault != thread_fault::backward;
  static_assert(forward, "stage: this stream is on that thread already, or was before it; give the stage another name");
  return together && forward;
}

template <class... Paths, class... Ops>
constexpr auto make_graph(pack<Ops...>&& operators) {
  using whole = plan<Paths...>;
  if constexpr (!threads_agree<whole>()) {
    return refused_graph{};
  } else if constexpr (whole::has_merges && !keys_agree<whole, Ops...>()) {
    return refused_graph{};
  } else if constexpr (whole::threads == 1) {
    return graph<whole, Ops...>(std::move(operators));
  } else {
    return staged_graph<whole, Ops...>(std::move(operators));
  }
}

template <class Scope, class... Paths>
struct elaborate;
template <class... Known, class... Paths>
struct elaborate<scope<Known...>, Paths...> {
  template <class Operators>
  static constexpr auto of(Operators&& so_far) {
    return make_graph<Paths...>(std::move(so_far));
  }
  template <class Operators, class Statement, class... Rest>
  static constexpr auto of(Operators&& so_far, Statement&& statement, Rest&&... rest) {
    constexpr auto name = name_of(static_cast<const Statement*>(nullptr));
    constexpr bool is_new = place_of<name>(scope<Known...>{}) == sizeof...(Known);
    static_assert(is_new, "flow: two statements give a stream the same name");
    constexpr bool is_used = name.empty() || (uses<name, decltype(statement_chain(std::declval<Rest>()))> || ...);
    static_assert(is_used, "flow: no statement below uses this named stream, its events would go nowhere; end it with to(...)");
    using Chain = decltype(statement_chain(std::move(statement)));
    using Out = resolved_output<scope<Known...>, Chain>;
    if constexpr (!is_new || !is_used) {
      return refused_graph{};
    } else if constexpr (!is_whole<name, Out>()) {
      return refused_graph{};
    } else {
      auto here = flatten(resolve<scope<Known...>>(statement_chain(std::move(statement))));
      return elaborate<scope<Known..., known<name, Out>>, Paths..., typename decltype(here)::shape>::of(
          concatenate(std::move(so_far), std::move(here.operators)), std::move(rest)...);
    }
  }
};

}  // namespace detail

/// Takes  statements: chains from a source to a sink, streams with a name ("name"_s = ...), and chains that continue a named
///        stream ("name"_s | ...) or several (merge(...) | ...). A name is used below its statement, as often as you like.
/// Emits  a flow: run it with run(flow), or turn by turn with open, poll and finish.
/// Fails  at compile time, in one sentence: for a chain without a source or a sink, a name that is not there, twice there or
///        not used, and for a merge of different types, threads or keys.
template <class... Statements>
constexpr auto flow(Statements... statements) {
  return detail::elaborate<detail::scope<>>::of(pack<>{}, std::move(statements)...);
}

}  // namespace levada::inline v0
