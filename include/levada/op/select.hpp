// SPDX-License-Identifier: BSL-1.0
// select: filter without a branch. Events go on with a bit that says whether they are alive; what follows computes with
// dead ones too and lets them count for nothing. On unpredictable data it is several times faster than filter.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>

#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// The value of a live event, and zero for a dead one, without a branch: sum += kept(live, value).
template <class V>
  requires(std::is_arithmetic_v<V> && sizeof(V) <= 8)
LEVADA_INLINE V kept(bool live, V value) {
  using bits = std::conditional_t<
      sizeof(V) == 8, std::uint64_t,
      std::conditional_t<sizeof(V) == 4, std::uint32_t, std::conditional_t<sizeof(V) == 2, std::uint16_t, std::uint8_t>>>;
  auto mask = static_cast<bits>(0 - static_cast<bits>(live));
  asm("" : "+r"(mask));  // or clang sees what it is, and makes a branch of it
  return std::bit_cast<V>(static_cast<bits>(std::bit_cast<bits>(value) & mask));
}

/// Takes  events E, in order; the predicate is called once for each event, dead ones too, so it must be cheap and must
///        bear any value.
/// Emits  the same events, masked. The first operator below that knows no mask brings the branch back.
/// Holds  nothing.
/// Fails  as filter.
/// Costs  no branch; the work of what follows for every event, alive or not.
template <fixed_string Name, class Predicate>
struct select_operator {
  static constexpr std::string_view kind = "select";
  static constexpr std::string_view name = Name.view();
  [[no_unique_address]] Predicate predicate;

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    constexpr bool ok = predicate_on<Predicate, E>;
    static_assert(ok, "select: the predicate must be callable as bool(const Event&) with the event type that arrives here");
    return ok;
  }

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    out.maybe(static_cast<bool>(predicate(levada::payload(e))), e);
  }
  template <class E>
  LEVADA_INLINE void masked(bool live, const E& e, auto out) {
    out.maybe(live & static_cast<bool>(predicate(levada::payload(e))), e);  // & and not &&: no branch
  }
};

template <fixed_string Name = "", class Predicate>
constexpr auto select(Predicate predicate) {
  return link{select_operator<Name, Predicate>{std::move(predicate)}};
}

}  // namespace levada::inline v0
