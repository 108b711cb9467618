// SPDX-License-Identifier: BSL-1.0
// shard: a branch of a flow several times over, each on a thread of its own; the keys are divided among them.
//   from(...) | shard<"work", 4>(&trade::symbol, key_by(&trade::symbol) | window<...>(...)) | to(...)
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/boundary.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/route.hpp>
#include <levada/os/thread.hpp>
#include <levada/state/key_table.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// "work.3"
template <fixed_string Name, std::size_t Number>
constexpr auto numbered() {
  constexpr std::size_t digits = Number < 10 ? 1 : Number < 100 ? 2 : 3;
  constexpr std::size_t length = Name.view().size();
  fixed_string<length + 1 + digits + 1> name;
  for (std::size_t i = 0; i < length; ++i) name.characters[i] = Name.characters[i];
  name.characters[length] = '.';
  for (std::size_t i = digits, rest = Number; i > 0; --i, rest /= 10)
    name.characters[length + i] = static_cast<char>('0' + rest % 10);
  return name;
}

/// Output k leads to shard k, which has a row of whole groups of keys.
template <fixed_string Name, std::size_t N, class Value>
struct shard_operator {
  static constexpr std::string_view kind = "shard";
  static constexpr std::string_view name = Name.view();
  [[no_unique_address]] Value value;

  template <std::size_t Output, class E>
  using output_at = E;

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    const picked_type<Value, E> k = levada::pick(value, levada::payload(e));
    give<0>(group_of(hash_of(k)) * std::uint32_t{N} / key_groups, e, out);
  }

 private:
  template <std::size_t I, class E>
  LEVADA_INLINE void give(std::uint32_t to, const E& e, auto out) {
    if constexpr (I + 1 < N)
      if (to != I) return give<I + 1>(to, e, out);
    out.template by<I>(e);
  }
};

template <fixed_string Name, std::size_t N, class Value, class Branch>
struct shard_description {
  Value value;
  Branch branch;
  overflow when_full;

  template <class E>
  static consteval bool fits() {
    constexpr bool named = !Name.empty();
    static_assert(named, "shard: its threads need a name: shard<\"work\", 4>(...)");
    constexpr bool counted = N > 0 && N <= key_groups;
    static_assert(counted, "shard: there are 128 groups of keys to be divided, so there can be 1 to 128 shards");
    constexpr bool continues = is_branch<Branch>;
    static_assert(continues, "shard: its branch continues the stream before it, so it cannot begin with a stream of its own");
    constexpr bool copies = std::copy_constructible<Branch>;
    static_assert(copies, "shard: each thread has a copy of the branch, so what stands in it must be copyable");
    constexpr bool picks = picks_from<Value, E>;
    static_assert(
        picks,
        "shard: the key must be a member of the event type that arrives here, or a function callable as Key(const Event&)");
    if constexpr (named && counted && continues && copies && picks) {
      constexpr bool comparable = key<picked_type<Value, E>>;
      static_assert(
          comparable,
          "shard: a key must be trivially copyable, without padding and at most 64 bytes: an integer, an enum or a text<N>");
      if constexpr (comparable) return !std::same_as<typename one<E, 0>::output, refused>;
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return branching_operator<0, shard_operator<Name, N, Value>, one<E, I>...>{{std::move(value)},
                                                                                 {{make<E, I>(Branch(branch), when_full)}...}};
    }(std::make_index_sequence<N>{});
  }

 private:
  /// Shard K: to its thread, through the branch, and, if that is open, to the thread where all meet.
  template <class E, std::size_t K>
  static constexpr auto make(Branch&& branch, overflow when_full) {
    auto here = append_all(append(chain<E>{}, stage_description<numbered<Name, K>()>{core{}, when_full}), std::move(branch));
    using Out = typename decltype(here)::output;
    if constexpr (std::same_as<Out, nothing> || std::same_as<Out, refused>)
      return here;
    else
      return append(std::move(here), stage_description<Name>{});
  }
  template <class E, std::size_t K>
  using one = decltype(make<E, K>(std::declval<Branch>(), overflow{}));
};

}  // namespace detail

/// Takes  events E; an extractor (member pointer or callable) that gives a key; a branch: a chain without a source, that can be
///        copied. There are N copies of it, each on a thread of its own ("work.0", "work.1", ...), and an event goes to the one
///        that has its key. Keys are divided by groups (key_groups), so all events of a key, and its state, are in one place.
/// Emits  what the copies emit, on the thread "work": what a key has caused in its order; who comes first of two keys on
///        different threads is open. Watermarks are the least of all shards, barriers and the end come when they have come by
///        all. A branch that ends in to(...) emits nothing, and what it calls runs on N threads at once.
/// Holds  N copies of the branch, and a ring for each on either side, as stage does.
/// Fails  as stage. At compile time, in one sentence, as fork and key_by.
/// Costs  a hash of the key, and twice what a stage costs.
template <fixed_string Name, std::size_t N, class Value, detail::joinable Branch>
constexpr auto shard(Value value, Branch branch, overflow when_full = overflow::block) {
  return link{detail::shard_description<Name, N, Value, detail::chain_of<Branch>>{
      std::move(value), detail::begin_chain(std::move(branch)), when_full}};
}

}  // namespace levada::inline v0
