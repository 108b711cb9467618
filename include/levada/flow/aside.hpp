// SPDX-License-Identifier: BSL-1.0
// aside: where that goes which an operator lets go no further: late events, partial matches whose time is over, what a function
// has refused.
//   window<tumbling{10_s}>(at<late::aside>(&reading::time), aggregate<mean>(&reading::value)) | aside(to(late_ones)) |
//   to(results)
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/fork.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// Continues the second output of the operator before it.
template <class Branch>
struct aside_branch {
  Branch branch;
};

template <class Branch>
struct aside_description {
  using stands_behind = void;
  Branch branch;

  template <class Before, class Out>
  static consteval bool fits_behind() {
    constexpr bool puts = requires { typename Before::aside_type; };
    static_assert(puts, "aside: the operator before it puts nothing aside; see its contract");
    constexpr bool continues = is_branch<Branch>;
    static_assert(continues, "aside: its branch goes on with what was put aside, so it cannot begin with a stream of its own");
    if constexpr (puts && continues) {
      using end = typename continued<typename Before::aside_type, Branch>::output;
      constexpr bool agrees = std::same_as<end, nothing> || std::same_as<end, Out> || std::same_as<end, refused>;
      static_assert(agrees,
                    "aside: a branch that is not ended with to(...) flows back into the stream, so it must carry its type");
      return agrees && !std::same_as<end, refused>;
    }
    return false;
  }
  template <class Before>
  constexpr auto bind_behind() && {
    using E = typename Before::aside_type;
    return aside_branch<continued<E, Branch>>{continue_with<E>(std::move(branch))};
  }
};

}  // namespace detail

/// Takes  a branch: a chain without a source. It stands right behind an operator that puts something aside.
/// Emits  what the branch emits, back into the stream, if it is not ended with to(...) and carries the stream's type.
/// Holds  nothing.
/// Fails  at compile time, in one sentence: behind an operator that puts nothing aside.
/// Costs  the branch. Without it, what is put aside is dropped, and counted.
template <detail::joinable Branch>
constexpr auto aside(Branch branch) {
  return link{detail::aside_description<detail::chain_of<Branch>>{detail::begin_chain(std::move(branch))}};
}

}  // namespace levada::inline v0
