// SPDX-License-Identifier: BSL-1.0
// unkey: the end of a keyed part of a flow. What is below it goes on without a key, for all keys together, or behind another
// key_by with a key of its own.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/keyed.hpp>
#include <levada/core/signal.hpp>

#include <string_view>

namespace levada::inline v0 {

/// Takes  events E with a key around them.
/// Emits  the same events without it, in order. What the key was is lost unless E says it; a row does. That a key was retired
///        means nothing below and goes no further.
/// Holds  nothing.
/// Fails  never by itself.
/// Costs  nothing.
template <fixed_string Name>
struct unkey_operator {
  static constexpr std::string_view kind = "unkey";
  static constexpr std::string_view name = Name.view();
  static constexpr bool one_to_one = true;
  static constexpr bool ends_slots = true;

  template <class E>
  using output = payload_type<E>;
  template <class E>
  static consteval bool fits() {
    constexpr bool has_key = is_keyed<E>;
    static_assert(has_key, "unkey: this stream has no key; it stands below key_by, or below a join");
    return has_key;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    out(levada::payload(e));
  }
  template <class E>
  LEVADA_INLINE void masked(bool live, const E& e, auto out) {
    out.maybe(live, levada::payload(e));
  }
  void on(const start&, auto out) { out.raise(start{}); }
  void on(const retire&, auto) {}

};

template <fixed_string Name = "">
constexpr auto unkey() {
  return link{unkey_operator<Name>{}};
}

}  // namespace levada::inline v0
