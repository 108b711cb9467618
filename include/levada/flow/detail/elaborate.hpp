// SPDX-License-Identifier: BSL-1.0
// elaborate: from the statements of a flow to one flat pack of operators and the shape that its plan is drawn from. Names
// are looked up here, and chains that waited for their event type are joined.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/aside.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/plan.hpp>
#include <levada/flow/route.hpp>
#include <levada/flow/stream.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

// ---- names ------------------------------------------------------------------------------------------------------------

/// Stands first in a chain when its name was found: statement number Statement.
template <std::size_t Statement>
struct used_begin {};
/// A merge whose chains are known.
template <class... Chains>
struct joined_begin {
  pack<Chains...> chains;
};

/// The same of streams that are connected.
template <class... Chains>
struct linked_begin {
  pack<Chains...> chains;
};

/// What the statements so far have named: Outs[k] is the event type of statement k, whose name is Names[k].
template <fixed_string Name, class Out>
struct known {};
template <class... Known>
struct scope {};

template <fixed_string Name, fixed_string Other, class Out>
constexpr bool is_named(known<Other, Out>) {
  return !Name.empty() && Name == Other;
}
template <class Known>
struct type_of;
template <fixed_string Name, class Out>
struct type_of<known<Name, Out>> {
  using type = Out;
};
template <fixed_string Name, class... Known>
consteval std::size_t place_of(scope<Known...>) {
  std::size_t found = sizeof...(Known), i = 0;
  ((found = is_named<Name>(Known{}) ? i : found, ++i), ...);
  return found;
}

template <class Scope, class Out, class... Ops>
constexpr auto resolve(chain<Out, Ops...>&& c);
template <class Scope, class Chain>
using resolved_output = typename decltype(resolve<Scope>(std::declval<Chain>()))::output;

template <class... Known, fixed_string Name>
constexpr auto resolve_begin(scope<Known...>, named_begin<Name>&&) {
  constexpr std::size_t at = place_of<Name>(scope<Known...>{});
  return chain<typename type_of<element<at, pack<Known...>>>::type, used_begin<at>>{};
}
template <class Scope, class... Chains>
constexpr auto resolve_begin(Scope, merged_begin<Chains...>&& m) {
  return [&m]<std::size_t... I>(std::index_sequence<I...>) {
    return chain<typename common_end<resolved_output<Scope, Chains>...>::type,
                 joined_begin<decltype(resolve<Scope>(std::declval<Chains>()))...>>{
        {{{{{resolve<Scope>(std::move(get<I>(m.chains)))}...}}}}};
  }(std::index_sequence_for<Chains...>{});
}

template <class Scope, class... Chains>
constexpr auto resolve_begin(Scope, connected_begin<Chains...>&& m) {
  return [&m]<std::size_t... I>(std::index_sequence<I...>) {
    return chain<inputs<resolved_output<Scope, Chains>...>, linked_begin<decltype(resolve<Scope>(std::declval<Chains>()))...>>{
        {{{{{resolve<Scope>(std::move(get<I>(m.chains)))}...}}}}};
  }(std::index_sequence_for<Chains...>{});
}

/// Can the streams of a merge flow together? What is no merge can.
template <class Scope>
consteval bool can_merge(const void*) {
  return true;
}
template <class Scope, class Out, class... Chains, class... Ops>
consteval bool can_merge(const chain<Out, merged_begin<Chains...>, Ops...>*) {
  if constexpr (!(can_merge<Scope>(static_cast<const Chains*>(nullptr)) && ...)) {
    return false;
  } else {
    constexpr bool begun = !(std::same_as<resolved_output<Scope, Chains>, unbound> || ...);
    static_assert(begun, "merge: one of these chains has no source; begin it with from(...) or a \"name\"_s");
    constexpr bool open = !(std::same_as<resolved_output<Scope, Chains>, nothing> || ...);
    static_assert(open, "merge: one of these chains ends in to(...), so nothing flows on from it");
    using common = typename common_end<resolved_output<Scope, Chains>...>::type;
    constexpr bool agree = !begun || !open || !std::same_as<common, mismatched>;
    static_assert(agree, "merge: these streams carry different event types; map them to one type first");
    return begun && open && agree && !std::same_as<common, refused>;
  }
}
template <class Scope, class Out, class... Chains, class... Ops>
consteval bool can_merge(const chain<Out, connected_begin<Chains...>, Ops...>*) {
  if constexpr (!(can_merge<Scope>(static_cast<const Chains*>(nullptr)) && ...)) {
    return false;
  } else {
    constexpr bool begun = !(std::same_as<resolved_output<Scope, Chains>, unbound> || ...);
    static_assert(begun, "connect: one of these chains has no source; begin it with from(...) or a \"name\"_s");
    constexpr bool open = !(std::same_as<resolved_output<Scope, Chains>, nothing> || ...);
    static_assert(open, "connect: one of these chains ends in to(...), so nothing flows on from it");
    return begun && open && !(std::same_as<resolved_output<Scope, Chains>, refused> || ...);
  }
}
template <class Scope, class Out, class... Ops>
constexpr auto resolve(chain<Out, Ops...>&& c) {
  if constexpr (sizeof...(Ops) == 0) {
    return std::move(c);
  } else if constexpr (awaited<element<0, pack<Ops...>>>) {
    auto begun = resolve_begin(Scope{}, std::move(get<0>(c.operators)));
    if constexpr (sizeof...(Ops) == 1)
      return begun;
    else  // not by append_all, so that a sentence about what follows a connect(...) is short
      return append_all<2>(append(std::move(begun), std::move(get<1>(c.operators))), std::move(c));
  } else {
    return std::move(c);
  }
}

// ---- flattening ---------------------------------------------------------------------------------------------------------

/// Is it a piece of syntax, which stands for other operators?
template <class Op>
inline constexpr bool is_syntax = false;
template <std::size_t Statement>
inline constexpr bool is_syntax<used_begin<Statement>> = true;
template <class... Chains>
inline constexpr bool is_syntax<joined_begin<Chains...>> = true;
template <class... Chains>
inline constexpr bool is_syntax<linked_begin<Chains...>> = true;
template <class Branch>
inline constexpr bool is_syntax<aside_branch<Branch>> = true;
template <class... Branches>
inline constexpr bool is_syntax<fork_operator<Branches...>> = true;
template <std::size_t First, class Op, class... Branches>
inline constexpr bool is_syntax<branching_operator<First, Op, Branches...>> = true;
/// Where the flow goes on on another thread: `ends` is what the chain is cut into (boundary.hpp).
template <class Op>
concept cuts = requires(Op op) { std::move(op).ends(); };
template <cuts Op>
inline constexpr bool is_syntax<Op> = true;

template <class Shape, class Operators>
struct flat {
  using shape = Shape;
  Operators operators;
};
template <class Shape, class Operators>
constexpr auto make_flat(Operators&& operators) {
  return flat<Shape, Operators>{std::move(operators)};
}

template <class Out, class... Ops>
constexpr auto flatten(chain<Out, Ops...>&& c);

template <class Op>
constexpr auto flatten_one(Op&& op) {
  return make_flat<row_of<1>>(pack<Op>{{std::move(op)}});
}
template <std::size_t Statement>
constexpr auto flatten_one(used_begin<Statement>&&) {
  return make_flat<use_shape<Statement>>(pack<>{});
}
template <template <class...> class Shape, class... Chains>
constexpr auto flatten_branches(pack<Chains...>&& chains) {
  return [&chains]<std::size_t... I>(std::index_sequence<I...>) {
    return make_flat<Shape<typename decltype(flatten(std::declval<Chains>()))::shape...>>(
        concatenate(flatten(std::move(get<I>(chains))).operators...));
  }(std::index_sequence_for<Chains...>{});
}
template <class... Chains>
constexpr auto flatten_one(joined_begin<Chains...>&& m) {
  return flatten_branches<merge_shape>(std::move(m.chains));
}
template <class... Chains>
constexpr auto flatten_one(linked_begin<Chains...>&& m) {
  return flatten_branches<connect_shape>(std::move(m.chains));
}
template <class... Branches>
constexpr auto flatten_one(fork_operator<Branches...>&& f) {
  return flatten_branches<fork_shape>(std::move(f.branches));
}
template <std::size_t First>
struct outputs_from {
  template <class... Branches>
  using shape = outputs_shape<First, Branches...>;
};
template <class Branch>
constexpr auto flatten_one(aside_branch<Branch>&& a) {
  return flatten_branches<outputs_from<1>::template shape>(pack<Branch>{{std::move(a.branch)}});
}
template <std::size_t First, class Op, class... Branches>
constexpr auto flatten_one(branching_operator<First, Op, Branches...>&& b) {
  auto below = flatten_branches<outputs_from<First>::template shape>(std::move(b.branches));
  return make_flat<path<row_of<1>, typename decltype(below)::shape>>(
      concatenate(pack<Op>{{std::move(b.op)}}, std::move(below.operators)));
}
template <cuts Op>
constexpr auto flatten_one(Op&& cut) {
  return make_flat<cut_shape<Op::name>>(std::move(cut).ends());
}

/// A chain without syntax is flat as it is.
template <class Out, class... Ops>
constexpr auto flatten(chain<Out, Ops...>&& c) {
  using end = std::conditional_t<std::same_as<Out, nothing>, path<end_shape>, path<>>;
  if constexpr ((is_syntax<Ops> || ...)) {
    return [&c]<std::size_t... I>(std::index_sequence<I...>) {
      return make_flat<path<typename decltype(flatten_one(std::declval<Ops>()))::shape..., end>>(
          concatenate(flatten_one(std::move(get<I>(c.operators))).operators...));
    }(std::index_sequence_for<Ops...>{});
  } else {
    return make_flat<path<row_of<sizeof...(Ops)>, end>>(std::move(c.operators));
  }
}

}  // namespace levada::inline v0::detail
