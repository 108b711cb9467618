// SPDX-License-Identifier: BSL-1.0
// pattern_step: the parts that a pattern is put together from, and what is asked of them before it runs.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/panes.hpp>
#include <levada/op/match.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

inline constexpr std::uint32_t any_number = UINT32_MAX;

struct no_predicate {};
template <class Predicate>
inline constexpr bool is_predicate = !std::is_same_v<Predicate, no_predicate>;

/// What a match keeps where nothing else is said.
struct event_itself {
  template <class E>
  LEVADA_INLINE constexpr const E& operator()(const E& e) const {
    return e;
  }
};

template <class A, class E, class Match>
inline constexpr bool sees_match = requires(A& f, const E& e, const Match& m) { static_cast<bool>(f(e, m)); };
template <class A, class E, class Match>
inline constexpr bool judges =
    !is_predicate<A> || sees_match<A, E, Match> || requires(A& f, const E& e) { static_cast<bool>(levada::pick(f, e)); };

/// Does the event fit? A predicate that takes the match is given it.
template <class A, class E, class Match>
LEVADA_INLINE constexpr bool fits(A& predicate, const E& e, const Match& m) {
  if constexpr (sees_match<A, E, Match>)
    return static_cast<bool>(predicate(e, m));
  else
    return static_cast<bool>(levada::pick(predicate, e));
}

template <class A, class B>
struct either {
  [[no_unique_address]] A a;
  [[no_unique_address]] B b;

  template <class E, class Match>
    requires judges<A, E, Match> && judges<B, E, Match>
  LEVADA_INLINE constexpr bool operator()(const E& e, const Match& m) {
    return detail::fits(a, e, m) || detail::fits(b, e, m);
  }
};

template <fixed_string Name, bool Strict, std::uint32_t Least, std::uint32_t Most, class Predicate, class Guard>
struct pattern_step {
  static constexpr auto name = Name;
  static constexpr bool is_strict = Strict;
  static constexpr std::uint32_t least = Least;
  static constexpr std::uint32_t most = Most;
  static constexpr bool is_guarded = is_predicate<Guard>;
  [[no_unique_address]] Predicate predicate;
  [[no_unique_address]] Guard guard;
  duration gap{};

  /// Of events without end the first are kept, and the latest.
  static constexpr std::uint32_t room = Most != any_number ? Most : Least > 2 ? Least : 2;
  using in_match = step_in_match<Name, room, (Most > 1)>;
  template <std::uint32_t L, std::uint32_t M>
  using repeated = pattern_step<Name, Strict, L, M, Predicate, Guard>;
  template <class E, class Match>
  static constexpr bool judges = detail::judges<Predicate, E, Match> && detail::judges<Guard, E, Match>;
};

template <class In, class Keep, class... Steps>
using match_of = match<typename key_of_input<In>::type, picked_type<Keep, payload_type<In>>, typename Steps::in_match...>;

template <class Keep, class E>
consteval bool can_keep() {
  if constexpr (picks_from<Keep, E>)
    return std::is_trivially_copyable_v<picked_type<Keep, E>> && std::is_default_constructible_v<picked_type<Keep, E>>;
  else
    return false;
}

template <class... Steps>
consteval bool names_differ() {
  const std::string_view names[] = {Steps::name.view()...};
  for (std::size_t i = 0; i < sizeof...(Steps); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (!names[i].empty() && names[i] == names[k]) return false;
  return true;
}

/// What does not depend on the event type.
template <matching Options, class Guard, class... Steps>
consteval bool pattern_is_shaped() {
  constexpr bool has_room = Options.partials > 0 && Options.partials <= 1024;
  static_assert(has_room, "pattern: a key has room for 1 to 1024 partial matches");
  constexpr bool repeats = ((Steps::least > 0 && Steps::least <= Steps::most && Steps::room <= 65'536) && ...);
  static_assert(repeats,
                "pattern: a step repeats at least once and keeps at most 65536 events: times<n>(), times<n, m>(), at_least<n>()");
  constexpr bool named = names_differ<Steps...>();
  static_assert(named, "pattern: two steps have the same name");
  constexpr bool guards = !is_predicate<Guard> && !((Steps::is_strict && Steps::is_guarded) || ...);
  static_assert(
      guards, "pattern: unless(...) stands before then(...): at the end it is absent(...), and before next(...) nothing can lie");
  return has_room && repeats && named && guards;
}

template <matching Options, class Time, class E>
consteval bool pattern_has_time() {
  constexpr bool tells = Time::template tells<E>();
  static_assert(tells,
                "pattern: the time must be a levada::timestamp in the event type that arrives here, or a function callable as "
                "timestamp(const Event&)");
  constexpr bool final = Time::policy != late::update;
  static_assert(final, "pattern: a match is not revised; a late event is dropped, or put aside by at<late::aside>(...)");
  constexpr bool one = Time::policy != late::aside || Options.expired != timed_out::aside;
  static_assert(one, "pattern: late events and partial matches that timed out cannot both be put aside");
  return tells && final && one;
}

}  // namespace levada::inline v0::detail
