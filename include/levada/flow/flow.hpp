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
#include <levada/flow/stream.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// The name that a statement gives; none is empty.
template <class Statement>
inline constexpr fixed_string given_name = "";
template <fixed_string Name, class Chain>
inline constexpr fixed_string given_name<named_chain<Name, Chain>> = Name;

template <fixed_string Name, class Chain>
constexpr Chain statement_chain(named_chain<Name, Chain>&& s) {
  return std::move(s.chain);
}
template <joinable C>
constexpr auto statement_chain(C&& c) {
  return begin_chain(std::move(c));
}
template <class Statement>
using statement_chain_of = decltype(statement_chain(std::declval<Statement>()));

/// How often does a chain begin with this stream, alone or in a merge? And how many names does it begin with in all?
template <fixed_string Name, class Begin>
inline constexpr std::size_t begins_with = 0;
template <fixed_string Name, class Chain>
inline constexpr std::size_t uses = 0;
template <fixed_string Name, class Out, class... Ops>
inline constexpr std::size_t uses<Name, chain<Out, Ops...>> = (begins_with<Name, Ops> + ... + 0);
template <fixed_string Name>
inline constexpr std::size_t begins_with<Name, named_begin<Name>> = 1;
template <fixed_string Name, class... Chains>
inline constexpr std::size_t begins_with<Name, merged_begin<Chains...>> = (uses<Name, Chains> + ... + 0);
template <fixed_string Name, class... Chains>
inline constexpr std::size_t begins_with<Name, connected_begin<Chains...>> = (uses<Name, Chains> + ... + 0);
template <class Begin>
inline constexpr std::size_t names_in = 0;
template <class Out, class... Ops>
inline constexpr std::size_t names_in<chain<Out, Ops...>> = (names_in<Ops> + ... + 0);
template <fixed_string Name>
inline constexpr std::size_t names_in<named_begin<Name>> = 1;
template <class... Chains>
inline constexpr std::size_t names_in<merged_begin<Chains...>> = (names_in<Chains> + ... + 0);
template <class... Chains>
inline constexpr std::size_t names_in<connected_begin<Chains...>> = (names_in<Chains> + ... + 0);

/// Every name is given once, before it is used, and used.
template <class... Statements>
consteval bool names_agree() {
  constexpr std::size_t size = sizeof...(Statements);
  constexpr std::array<std::string_view, size> names{given_name<Statements>.view()...};
  constexpr bool once = [=] {
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (!names[i].empty() && names[i] == names[k]) return false;
    return true;
  }();
  static_assert(once, "flow: two statements give a stream the same name");
  constexpr auto used_by = []<class S>(std::type_identity<S>) {
    return std::array<std::size_t, size>{uses<given_name<Statements>, statement_chain_of<S>>...};
  };
  constexpr std::array<std::array<std::size_t, size>, size> used{used_by(std::type_identity<Statements>{})...};
  constexpr std::array<std::size_t, size> asked{names_in<statement_chain_of<Statements>>...};
  constexpr bool known = [=] {
    for (std::size_t i = 0; i < size; ++i) {
      std::size_t found = 0;
      for (std::size_t k = 0; k < i; ++k) found += names[k].empty() ? 0 : used[i][k];
      if (found != asked[i]) return false;
    }
    return true;
  }();
  static_assert(!once || known, "flow: no statement above makes a stream of this name; write \"name\"_s = from(...) first");
  constexpr bool useful = [=] {
    for (std::size_t k = 0; k < size; ++k) {
      bool is_used = names[k].empty();
      for (std::size_t i = k + 1; i < size; ++i) is_used = is_used || used[i][k] > 0;
      if (!is_used) return false;
    }
    return true;
  }();
  static_assert(!once || !known || useful,
                "flow: no statement below uses this named stream, so its events would go nowhere; end it with to(...)");
  return once && known && useful;
}

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
    constexpr std::array<bool, sizeof...(Ops)> assigns{has_own_slots<Ops>...}, ends{takes_slots_away<Ops>...};
    std::array<std::size_t, sizeof...(Ops)> origin{};  // 1 + the node that gave the slots; 0: no key
    bool one = true;
    for (std::size_t node = 0; node < Whole::nodes; ++node) {
      for (const edge& e : Whole::edges)
        if (e.to == node && e.input == 0) {  // those of other inputs end there
          one = one && (assigns[node] || origin[node] == 0 || origin[node] == origin[e.from]);
          origin[node] = origin[e.from];
        }
      if (assigns[node]) origin[node] = node + 1;
      if (ends[node]) origin[node] = 0;
    }
    return one;
  }();
  static_assert(agree,
                "merge: these streams got their keys from different key_by(...), so one slot would mean two keys; merge "
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

template <class Whole, class... Ops>
consteval bool ways_back_agree() {
  constexpr auto agree = [] {
    constexpr std::array<bool, sizeof...(Ops)> leads{leads_back<Ops>...};
    for (std::size_t node = 0; node < Whole::nodes; ++node)
      if (leads[node] && Whole::drawn.thread[node] != 0) return false;
    return true;
  }();
  static_assert(agree, "feedback: its sink stands below a stage, and its source does not; they must be on one thread");
  return agree;
}

template <class... Paths, class... Ops>
constexpr auto make_graph(pack<Ops...>&& operators) {
  using whole = plan<Paths...>;
  if constexpr (!threads_agree<whole>() || !ways_back_agree<whole, Ops...>()) {
    return refused_graph{};
  } else if constexpr (whole::has_merges && !keys_agree<whole, Ops...>()) {
    return refused_graph{};
  } else if constexpr (whole::threads == 1) {
    return graph<whole, Ops...>(std::move(operators));
  } else {
    return make_staged<whole>(std::move(operators));  // of boundary.hpp, which is here: the chain has a stage()
  }
}

/// The names so far, and the event types of their streams. Statements are added in a fold, not in a recursion, so that a
/// sentence about the last of many is as short as one about the first.
template <class... Known, class Statement>
constexpr auto operator+(scope<Known...>, std::type_identity<Statement>) {
  using Chain = statement_chain_of<Statement>;
  if constexpr (!can_merge<scope<Known...>>(static_cast<const Chain*>(nullptr)))
    return refused_graph{};
  else if constexpr (!is_whole<given_name<Statement>, resolved_output<scope<Known...>, Chain>>())
    return refused_graph{};
  else
    return scope<Known..., known<given_name<Statement>, resolved_output<scope<Known...>, Chain>>>{};
}
template <class Statement>
constexpr refused_graph operator+(refused_graph, std::type_identity<Statement>) {
  return {};
}

template <class... Flat>
constexpr auto make_graph_of(Flat&&... flat) {
  return make_graph<typename Flat::shape...>(concatenate(std::move(flat.operators)...));
}

}  // namespace detail

/// Takes  statements: chains from a source to a sink, streams with a name ("name"_s = ...), and chains that continue a named
///        stream ("name"_s | ...) or several (merge(...) | ...). A name is used below its statement, as often as you like.
/// Emits  a flow: run it with run(flow), or turn by turn with open, poll and finish.
/// Fails  at compile time, in one sentence: for a chain without a source or a sink, a name that is not there, twice there or
///        not used, and for a merge of different types, threads or keys.
template <class... Statements>
constexpr auto flow(Statements... statements) {
  if constexpr (!detail::names_agree<Statements...>()) {
    return detail::refused_graph{};
  } else {
    using names = decltype((detail::scope<>{} + ... + std::type_identity<Statements>{}));
    if constexpr (std::same_as<names, detail::refused_graph>)
      return detail::refused_graph{};
    else
      return detail::make_graph_of(detail::flatten(detail::resolve<names>(detail::statement_chain(std::move(statements))))...);
  }
}

}  // namespace levada::inline v0
