// SPDX-License-Identifier: BSL-1.0
// with_broadcast: one stream that is processed by what another one has said so far: rules, limits, a calibration.
//   connect("readings"_s, "limits"_s) |
//       with_broadcast<"judged">(limits{}, [](limits& all, const limit& one) { all[one.kind] = one; },
//                                [](const limits& all, const reading& r) { return all.judge(r); })
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/op/flat_map.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

template <class Apply, class State, class E>
using applied_type =
    std::remove_cvref_t<decltype(std::declval<Apply&>()(std::declval<const State&>(), std::declval<const payload_type<E>&>()))>;

/// What an optional result holds, or the result itself.
template <class R>
struct held_in {
  using type = R;
};
template <optional_like R>
struct held_in<R> {
  using type = std::remove_cvref_t<decltype(*std::declval<R&>())>;
};

template <class Apply, class State, class E>
concept applies = requires(Apply& f, const State& s, const payload_type<E>& e) { f(s, e); } &&
                  event<typename held_in<applied_type<Apply, State, E>>::type>;
template <class Update, class State, class E>
concept updates = requires(Update& f, State& s, const payload_type<E>& e) { f(s, e); };

}  // namespace detail

/// Takes  two streams, by connect(events, rules). update(State&, const Rule&) is called for each of the second, in order;
///        apply(const State&, const Event&) for each of the first.
/// Emits  what apply returns for each event, or what it holds if that is an optional. A key of the first stream stays around it.
/// Holds  one State, whatever the keys are: every event sees all rules that came before it. It begins as it is given.
/// Fails  never by itself. Before the first rule events are judged by the state as it was given: let apply return an optional.
/// Costs  the functions.
template <fixed_string Name, class State, class Update, class Apply, class E>
struct with_broadcast_operator {
  static constexpr std::string_view kind = "with_broadcast";
  static constexpr std::string_view name = Name.view();
  [[no_unique_address]] Update update;
  [[no_unique_address]] Apply apply;
  State state;

  using result_type = detail::applied_type<Apply, State, E>;
  template <class>
  using output = relayed_type<E, typename detail::held_in<result_type>::type>;

  template <std::size_t Input, class In>
  LEVADA_INLINE void take(const In& e, auto out) {
    if constexpr (Input == 1) {
      update(state, levada::payload(e));
    } else {
      const auto& result = apply(std::as_const(state), levada::payload(e));
      if constexpr (detail::optional_like<const result_type>) {
        if (result) out(levada::relay(e, *result));
      } else {
        out(levada::relay(e, result));
      }
    }
  }
  void persist(auto& archive)
    requires std::is_trivially_copyable_v<State>
  {
    archive(state);
  }
};

template <fixed_string Name, class State, class Update, class Apply>
struct with_broadcast_description {
  State initial;
  [[no_unique_address]] Update update;
  [[no_unique_address]] Apply apply;

  template <class In>
  static consteval bool fits() {
    return fits(static_cast<const In*>(nullptr));
  }
  template <class In>
  constexpr auto bind() && {
    return std::move(*this).bound(static_cast<const In*>(nullptr));
  }

 private:
  template <class In>
  static consteval bool fits(const In*) {
    static_assert(is_inputs<In> && sizeof(In) == 0,
                  "with_broadcast: it takes two streams: connect(events, rules) | with_broadcast(...)");
    return false;
  }
  template <class E, class Rule>
  static consteval bool fits(const inputs<E, Rule>*) {
    constexpr bool learns = detail::updates<Update, State, Rule>;
    static_assert(learns,
                  "with_broadcast: the first function must be callable as void(State&, const Rule&), with the event type of the "
                  "second stream");
    constexpr bool judges = detail::applies<Apply, State, E>;
    static_assert(!learns || judges,
                  "with_broadcast: the second function must be callable as Result(const State&, const Event&), with the event "
                  "type of the first stream, and return a value");
    return learns && judges;
  }
  template <class E, class Rule>
  constexpr auto bound(const inputs<E, Rule>*) && {
    return with_broadcast_operator<Name, State, Update, Apply, E>{std::move(update), std::move(apply), std::move(initial)};
  }
};

template <fixed_string Name = "", std::semiregular State, class Update, class Apply>
constexpr auto with_broadcast(State initial, Update update, Apply apply) {
  return link{with_broadcast_description<Name, State, Update, Apply>{std::move(initial), std::move(update), std::move(apply)}};
}

}  // namespace levada::inline v0
