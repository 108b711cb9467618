// SPDX-License-Identifier: BSL-1.0
// route: gives every event to one of several branches, each with a type of its own.
//   route(when([](const message& m) { return m.as_alarm(); }, to(pager)),   // an optional or a pointer: the branch gets what it
//   holds
//         when([](const message& m) { return m.size < 9; }, map(short_form)),
//         otherwise(map(long_form)))
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/chain.hpp>
#include <levada/flow/fork.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

namespace detail {

/// Says nothing but yes or no: the branch gets the event itself.
template <class Choice>
concept plain_choice = std::same_as<std::remove_cvref_t<Choice>, bool>;
/// Holds something or not: the branch gets what it holds.
template <class Choice>
concept holding_choice = !plain_choice<Choice> && requires(Choice&& c) {
  static_cast<bool>(c);
  *c;
};
template <class Choice, class E>
struct chosen {
  using type = E;
};
template <holding_choice Choice, class E>
struct chosen<Choice, E> {
  using type = relayed_type<E, std::remove_cvref_t<decltype(*std::declval<Choice>())>>;
};

/// A branch and when it is taken.
template <class Choose, class Branch>
struct route_case {
  [[no_unique_address]] Choose choose;
  Branch branch;

  template <class E>
  using choice = decltype(std::declval<Choose&>()(std::declval<const payload_type<E>&>()));
  /// The event type at the beginning of the branch.
  template <class E>
  using begin = typename chosen<choice<E>, E>::type;
};
/// Takes all that is left.
struct always {
  template <class E>
  constexpr bool operator()(const E&) const {
    return true;
  }
};

/// Output k leads to branch k.
template <fixed_string Name, class... Chooses>
struct route_operator {
  static constexpr std::string_view kind = "route";
  static constexpr std::string_view name = Name.view();
  pack<Chooses...> chooses;

  template <std::size_t Output, class E>
  using output_at =
      typename chosen<decltype(std::declval<element<Output, pack<Chooses...>>&>()(std::declval<const payload_type<E>&>())),
                      E>::type;

  template <class E>
  LEVADA_INLINE void operator()(const E& e, auto out) {
    choose<0>(e, out);
  }

 private:
  template <std::size_t I, class E>
  LEVADA_INLINE void choose(const E& e, auto out) {
    if constexpr (I == sizeof...(Chooses)) {
      out.drop();
    } else {
      auto&& choice = get<I>(chooses)(levada::payload(e));
      if (!static_cast<bool>(choice)) return choose<I + 1>(e, out);
      if constexpr (holding_choice<decltype(choice)>)
        out.template by<I>(levada::relay(e, *choice));
      else
        out.template by<I>(e);
    }
  }
};

/// An operator with branches at its outputs from First on. What lies below First goes on.
template <std::size_t First, class Op, class... Branches>
struct branching_operator {
  Op op;
  pack<Branches...> branches;

  template <class>
  using output = common_output<Branches...>;
};

template <fixed_string Name, class... Cases>
struct route_description {
  pack<Cases...> cases;

  template <class E>
  static consteval bool fits() {
    constexpr bool callable = (requires { typename Cases::template choice<E>; } && ...);
    static_assert(callable,
                  "route: what decides about a branch must be callable with const Event&, of the type that arrives here");
    if constexpr (callable) {
      constexpr bool says =
          ((plain_choice<typename Cases::template choice<E>> || holding_choice<typename Cases::template choice<E>>) && ...);
      static_assert(says,
                    "route: what decides about a branch must return bool, or a pointer or an optional to what the branch gets");
      constexpr bool continues = (is_branch<decltype(Cases::branch)> && ...);
      static_assert(continues,
                    "route: a branch continues the stream before it, so it cannot begin with a stream of its own; merge(...) "
                    "joins streams");
      constexpr bool ordered = [] {
        constexpr bool takes_all[]{std::same_as<decltype(Cases::choose), always>...};
        for (std::size_t i = 0; i + 1 < sizeof...(Cases); ++i)
          if (takes_all[i]) return false;
        return true;
      }();
      static_assert(ordered, "route: otherwise(...) takes all events, so no case behind it is ever asked; write it last");
      if constexpr (says && continues && ordered) {
        using Out = common_output<continued<typename Cases::template begin<E>, decltype(Cases::branch)>...>;
        constexpr bool agree = !std::same_as<Out, mismatched>;
        static_assert(
            agree,
            "route: branches that are not ended with to(...) flow together, so they must carry one event type; map them "
            "to one, or end them");
        return agree && !std::same_as<Out, refused>;
      }
    }
    return false;
  }
  template <class E>
  constexpr auto bind() && {
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return branching_operator<0, route_operator<Name, decltype(Cases::choose)...>,
                                continued<typename Cases::template begin<E>, decltype(Cases::branch)>...>{
          {{{std::move(get<I>(cases).choose)}...}},
          {{continue_with<typename Cases::template begin<E>>(std::move(get<I>(cases).branch))}...}};
    }(std::index_sequence_for<Cases...>{});
  }
};

}  // namespace detail

/// A branch for events for which `choose` says true, or gives something: then the branch gets what the pointer or optional holds.
template <class Choose, detail::joinable Branch>
constexpr auto when(Choose choose, Branch branch) {
  return detail::route_case<Choose, detail::chain_of<Branch>>{std::move(choose), detail::begin_chain(std::move(branch))};
}
/// A branch for all other events; the last one.
template <detail::joinable Branch>
constexpr auto otherwise(Branch branch) {
  return when(detail::always{}, std::move(branch));
}

/// Takes  events E, and cases: each event goes to the branch of the first case that takes it.
/// Emits  what the branches that are not ended with to(...) emit, in one stream; they must carry one event type.
/// Holds  nothing.
/// Fails  an event that no case takes is dropped and counted; otherwise(...) as the last case takes all.
/// Costs  a branch a case; `counts` tells what went each way.
template <fixed_string Name = "", class... Choose, class... Branch>
  requires(sizeof...(Choose) > 0)
constexpr auto route(detail::route_case<Choose, Branch>... cases) {
  return link{detail::route_description<Name, detail::route_case<Choose, Branch>...>{{{std::move(cases)}...}}};
}

}  // namespace levada::inline v0
