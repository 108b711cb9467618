// SPDX-License-Identifier: BSL-1.0
// attempt: map with a function that may refuse an event: by a result<T> with a sentence, or by a throw. What it refuses goes
// aside.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

#if LEVADA_EXCEPTIONS
#include <exception>
#endif

namespace levada::inline v0 {

/// An event that a function refused, and why.
template <class E>
struct refusal {
  E event;
  text<128> reason;
};

namespace detail {
template <class R>
struct attempted {
  using type = R;
};
template <class T>
struct attempted<result<T>> {
  using type = T;
};
template <class F, class E>
using attempt_of = std::remove_cvref_t<decltype(std::declval<F&>()(std::declval<const E&>()))>;
}  // namespace detail

/// Takes  events E; the function is called once for each, and returns a value, or a result<T>.
/// Emits  its values. Aside goes refusal{event, reason} for each event with a fault, or for which the function threw: the flow
/// goes on.
///        (Elsewhere a throw ends the flow: the event that caused it would be lost.)
/// Holds  nothing.
/// Fails  never by itself; without aside(...) what is refused is dropped, and counted.
/// Costs  the function. An event that is refused costs a throw, where it is one.
template <fixed_string Name, class F, class In>
struct attempt_operator {
  static constexpr std::string_view kind = "attempt";
  static constexpr std::string_view name = Name.view();
  using event_type = payload_type<In>;
  using value_type = typename detail::attempted<detail::attempt_of<F, event_type>>::type;
  using aside_type = relayed_type<In, refusal<event_type>>;
  [[no_unique_address]] F function;

  template <class>
  using output = relayed_type<In, value_type>;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const auto tried = call(levada::payload(e));
    if (tried)
      out(levada::relay(e, *tried));
    else
      refuse(e, tried.error().sentence.view(), out);
  }

 private:
  /// What comes after it is not tried: a throw of an operator below is none of this one's.
  LEVADA_INLINE result<value_type> call(const event_type& e) {
#if LEVADA_EXCEPTIONS
    try {
      return function(e);
    } catch (const std::exception& thrown) {
      return fault::of(failure::data, thrown.what());
    } catch (...) {
      return fault::of(failure::data, "something was thrown that is no std::exception");
    }
#else
    return function(e);
#endif
  }
  LEVADA_COLD void refuse(const In& e, std::string_view reason, auto out) {
    const refusal<event_type> why{levada::payload(e), reason};
    out.aside(levada::relay(e, why));
  }
};

template <fixed_string Name, class F>
struct attempt_description {
  [[no_unique_address]] F function;

  template <class E>
  static consteval bool fits() {
    constexpr bool callable = requires(F& f, const payload_type<E>& e) { f(e); };
    static_assert(callable, "attempt: the function must be callable with const Event&, of the type that arrives here");
    if constexpr (callable) {
      constexpr bool gives = event<typename detail::attempted<detail::attempt_of<F, payload_type<E>>>::type>;
      static_assert(gives, "attempt: the function must return a value, or a result<T> with one");
      return gives;
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    return attempt_operator<Name, F, E>{std::move(function)};
  }
};

template <fixed_string Name = "", class F>
constexpr auto attempt(F function) {
  return link{attempt_description<Name, F>{std::move(function)}};
}

}  // namespace levada::inline v0
