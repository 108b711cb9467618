// SPDX-License-Identifier: BSL-1.0
// shapes: what flow() makes of the statements of a user, as types: how many operators stand where. The plan draws its edges from
// them.
#pragma once

#include <levada/core/fixed_string.hpp>

#include <cstddef>

namespace levada::inline v0::detail {

/// N operators in a row.
template <std::size_t N>
struct row_of {};
/// Branches that begin where the fork stands; what follows continues those that are open.
template <class... Branches>
struct fork_shape {};
/// Branches of which each begins at an output of its own of the operator before, from First on; what lies below First goes on.
template <std::size_t First, class... Branches>
struct outputs_shape {};
/// Begins where a named statement ended.
template <std::size_t Statement>
struct use_shape {};
/// Begins with several streams in one.
template <class... Begins>
struct merge_shape {};
/// Begins with several streams, each at an input of its own of the operator that follows.
template <class... Begins>
struct connect_shape {};
/// Goes on on another thread: an outlet, and then an inlet that no edge leads to.
template <fixed_string Name>
struct cut_shape {};
/// The sink before it was the last operator.
struct end_shape {};
/// Shapes one after the other.
template <class... Shapes>
struct path {};

template <class Shape>
inline constexpr std::size_t operators_in = 0;
template <std::size_t N>
inline constexpr std::size_t operators_in<row_of<N>> = N;
template <class... Branches>
inline constexpr std::size_t operators_in<fork_shape<Branches...>> = (operators_in<Branches> + ... + 0);
template <std::size_t First, class... Branches>
inline constexpr std::size_t operators_in<outputs_shape<First, Branches...>> = (operators_in<Branches> + ... + 0);
template <class... Begins>
inline constexpr std::size_t operators_in<merge_shape<Begins...>> = (operators_in<Begins> + ... + 0);
template <class... Begins>
inline constexpr std::size_t operators_in<connect_shape<Begins...>> = (operators_in<Begins> + ... + 0);
template <fixed_string Name>
inline constexpr std::size_t operators_in<cut_shape<Name>> = 2;
template <class... Shapes>
inline constexpr std::size_t operators_in<path<Shapes...>> = (operators_in<Shapes> + ... + 0);

}  // namespace levada::inline v0::detail
