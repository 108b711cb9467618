// SPDX-License-Identifier: BSL-1.0
// stream: names for streams, so that one can be used many times, and several can become one.
//   flow("samples"_s = from(...) | filter(...),
//        "samples"_s | window(...) | to(...),
//        merge("samples"_s, from(...)) | to(...));
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/chain.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// A statement of a flow that gives its stream a name.
template <fixed_string Name, class Chain>
struct named_chain {
  Chain chain;
};

/// Stands first in a chain: the stream of that name.
template <fixed_string Name>
struct named_begin {
  using is_awaited = void;
};
/// Stands first in a chain: several streams in one. Chains are awaited until the flow knows the names in them.
template <class... Chains>
struct merged_begin {
  using is_awaited = void;
  pack<Chains...> chains;
};

/// Stands first in a chain: several streams, each at an input of its own of what follows.
template <class... Chains>
struct connected_begin {
  using is_awaited = void;
  pack<Chains...> chains;
};

}  // namespace detail

/// "name"_s: on the left of `=` it names what a chain emits, anywhere else it continues that stream.
template <fixed_string Name>
struct stream_name {
  template <detail::stream C>
  constexpr auto operator=(C c) const {  // NOLINT: makes a statement, and changes nothing
    return detail::named_chain<Name, detail::chain_of<C>>{detail::begin_chain(std::move(c))};
  }
  [[nodiscard]] constexpr auto as_chain() const { return chain<unbound, detail::named_begin<Name>>{}; }
};

/// Takes  two streams or more of one event type, named or not, that run on one thread.
/// Emits  their events, in the order in which their sources are asked: the order of each is kept. Of their signals: the least
///        watermark of those that are not idle, a barrier when all have brought it (their sources wait for each other), idle
///        when all are, one end when all have ended.
/// Holds  nothing but what was last said of time on each edge.
/// Fails  at compile time, in one sentence: for streams of different types, threads, or keys.
/// Costs  nothing: what follows is inlined below each of them, up to four times.
template <detail::stream... Streams>
  requires(sizeof...(Streams) > 1)
constexpr auto merge(Streams... streams) {
  return chain<unbound, detail::merged_begin<detail::chain_of<Streams>...>>{{{{{{detail::begin_chain(std::move(streams))}...}}}}};
}

/// Takes  two streams or more, of whatever types, named or not, that run on one thread.
/// Emits  each to an input of its own of the operator that follows, which must be one for several streams: a join, for instance.
///        Signals as merge.
/// Holds, Fails, Costs  as merge; their keys may differ.
template <detail::stream... Streams>
  requires(sizeof...(Streams) > 1)
constexpr auto connect(Streams... streams) {
  return chain<unbound, detail::connected_begin<detail::chain_of<Streams>...>>{
      {{{{{detail::begin_chain(std::move(streams))}...}}}}};
}

namespace literals {
template <fixed_string Name>
consteval stream_name<Name> operator""_s() {
  return {};
}
}  // namespace literals

}  // namespace levada::inline v0
