// SPDX-License-Identifier: BSL-1.0
// sample: a part of the events: every n-th, or a share of the keys that a hash chooses.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/hash.hpp>
#include <levada/state/key_table.hpp>
#include <levada/state/slots.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// The first of every `n` events.
struct one_in {
  std::uint32_t n;
};
/// From 0 to 1.
struct share {
  double of;
};

/// Takes  events E. Below key_by each key is counted by itself.
/// Emits  the first event, and every n-th after it.
/// Holds  4 bytes a key; a retired key begins anew.
/// Fails  never by itself.
/// Costs  a counter.
template <fixed_string Name>
struct sample_every_operator {
  static constexpr std::string_view kind = "sample";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  one_in nth;
  slots<std::uint32_t> state{};  // how many to leave out

  template <class E>
  using output = E;
  template <class>
  static consteval bool fits() {
    return true;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    std::uint32_t& left = state[levada::slot_of(e)];
    if (left > 0) {
      --left;
      return out.reject();
    }
    left = nth.n - 1;
    out(e);
  }
  void on(const start& s, auto out) {
    state.resize(s.slots);
    out.raise(s);
  }
  void on(const retire& r, auto out) {
    state.reset(r.slot);
    out.raise(r);
  }
  void persist(auto& archive) { archive(state); }
};

/// Takes  events E; the extractor gives what is chosen: a customer, a machine, a trace.
/// Emits  all events of a share of these, the same ones in every run, process and release, and with a larger share those of a
///        smaller one too.
/// Holds  nothing.
/// Fails  never by itself. With few of them the share is that of the hash, not exact.
/// Costs  a hash.
template <fixed_string Name, class Value>
struct sample_share_operator {
  static constexpr std::string_view kind = "sample";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  std::uint64_t below;  // of 2^53: as much as a double says exactly
  [[no_unique_address]] Value value;

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    constexpr bool picks = picks_from<Value, E>;
    static_assert(picks,
                  "sample: what is chosen must be a member of the event type that arrives here, or a function callable "
                  "as Key(const Event&)");
    if constexpr (picks) {
      constexpr bool is_key = key<picked_type<Value, E>>;
      static_assert(is_key,
                    "sample: what is chosen must be trivially copyable, without padding and at most 64 bytes: an "
                    "integer, an enum or a text<N>");
      return is_key;
    }
    return picks;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    // Hashed twice: tables and partitions below go by the hash itself, and would see only a part of its values.
    const std::uint64_t once = hash_of(levada::pick(value, levada::payload(e)));
    if (hash_of(once) >> 11 < below)
      out(e);
    else
      out.reject();
  }
};

template <fixed_string Name = "">
constexpr auto sample(one_in nth) {
  LEVADA_CHECK(nth.n > 0, nth.n);
  return link{sample_every_operator<Name>{nth}};
}
template <fixed_string Name = "", class Value>
constexpr auto sample(share of, Value value) {
  LEVADA_CHECK(of.of >= 0 && of.of <= 1, of.of * 100);
  return link{sample_share_operator<Name, Value>{static_cast<std::uint64_t>(of.of * 0x1p53), std::move(value)}};
}

}  // namespace levada::inline v0
