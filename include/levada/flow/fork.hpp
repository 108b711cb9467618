// SPDX-License-Identifier: BSL-1.0
// fork: gives every event to several branches. route (route.hpp) gives it to one of them.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/chain.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// A branch that continues a stream of E.
template <class E, class Branch>
constexpr auto continue_with(Branch&& branch) {
  return append_all(chain<E>{}, std::move(branch));
}
template <class E, class Branch>
using continued = decltype(continue_with<E>(std::declval<Branch>()));

/// What several branches carry on together: the event type of those that are open, `nothing` when none is, refused when
/// one is, and mismatched when they differ.
struct mismatched {};
template <class... Outs>
struct common_end;
template <>
struct common_end<> {
  using type = nothing;
};
template <class Out, class... Rest>
struct common_end<Out, Rest...> {
  using rest = typename common_end<Rest...>::type;
  using type = std::conditional_t<
      std::same_as<Out, refused> || std::same_as<rest, refused>, refused,
      std::conditional_t<std::same_as<Out, nothing>, rest,
                         std::conditional_t<std::same_as<rest, nothing> || std::same_as<rest, Out>, Out, mismatched>>>;
};
template <class... Chains>
using common_output = typename common_end<typename Chains::output...>::type;

/// A branch begins with an operator: not with a source, and not with a stream that has a name.
template <class Chain>
inline constexpr bool is_branch = false;
template <class Op, class... Ops>
inline constexpr bool is_branch<chain<unbound, Op, Ops...>> = !awaited<Op>;

template <class... Branches>
struct fork_operator {
  pack<Branches...> branches;

  template <class>
  using output = common_output<Branches...>;
};

template <class... Branches>
struct fork_description {
  pack<Branches...> branches;

  template <class E>
  static consteval bool fits() {
    constexpr bool continues = (is_branch<Branches> && ...);
    static_assert(continues,
                  "fork: a branch continues the stream before it, so it cannot begin with a stream of its own; merge(...) joins "
                  "streams");
    if constexpr (continues) {
      using Out = common_output<continued<E, Branches>...>;
      constexpr bool agree = !std::same_as<Out, mismatched>;
      static_assert(agree,
                    "fork: branches that are not ended with to(...) flow together, so they must carry one event type; map them "
                    "to one, or end them");
      return agree && !std::same_as<Out, refused>;
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return fork_operator<continued<E, Branches>...>{{{continue_with<E>(std::move(get<I>(branches)))}...}};
    }(std::index_sequence_for<Branches...>{});
  }
};

}  // namespace detail

/// Takes  branches: chains without a source. Each is given every event, in the order of writing, before the next event.
/// Emits  what the branches that are not ended with to(...) emit, in one stream; they must carry one event type.
/// Holds  nothing.
/// Fails  at compile time, in one sentence, as merge.
/// Costs  the branches.
template <detail::joinable... Branches>
  requires(sizeof...(Branches) > 0)
constexpr auto fork(Branches... branches) {
  return link{detail::fork_description<detail::chain_of<Branches>...>{{{detail::begin_chain(std::move(branches))}...}}};
}

}  // namespace levada::inline v0
