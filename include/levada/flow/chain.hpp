// SPDX-License-Identifier: BSL-1.0
// chain: operators joined by `|`, in a flat pack. Each join checks that the operator can take what arrives; a wrong one
// says so in one sentence at the line of the join, and everything after it keeps silent.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What arrives at a chain that has no source yet: it can be kept in a variable and joined to several sources.
struct unbound {};

/// Holds  its operators. `Out` is the event type at its end, or unbound, refused, or nothing (it ended in a sink).
template <class Out, class... Ops>
struct chain {
  using output = Out;
  pack<Ops...> operators;
};

namespace detail {

template <class T>
inline constexpr bool is_chain = false;
template <class Out, class... Ops>
inline constexpr bool is_chain<chain<Out, Ops...>> = true;
template <class T>
inline constexpr bool is_link = false;
template <class Op>
inline constexpr bool is_link<link<Op>> = true;

/// What begins a chain whose event type is known in the flow only: a named stream, or a merge with one.
template <class T>
concept awaited = requires { typename std::remove_cvref_t<T>::is_awaited; };

template <class T>
concept joinable = is_chain<std::remove_cvref_t<T>> || is_link<std::remove_cvref_t<T>>;
/// What may stand first.
template <class T>
concept stream = joinable<T> || requires(T t) { t.as_chain(); };

/// Operators whose state depends on the event type are made when it is known.
template <class In, class Op>
constexpr auto bind(Op&& op) {
  if constexpr (requires { std::move(op).template bind<In>(); })
    return std::move(op).template bind<In>();
  else
    return std::remove_cvref_t<Op>(std::move(op));
}

/// Does an operator take the events of several streams, each at an input of its own?
template <class Op, class In>
inline constexpr bool takes_inputs = false;
template <class Op, class First, class... Others>
inline constexpr bool takes_inputs<Op, inputs<First, Others...>> =
    requires(Op& op, const First& e, probe_port out) { op.template take<0>(e, out); };

template <class... Ops>
struct last_operator {
  using type = nothing;
};
template <class Op, class... Ops>
struct last_operator<Op, Ops...> {
  using type = element<sizeof...(Ops), pack<Op, Ops...>>;
};
template <class... Ops>
using last_of = typename last_operator<Ops...>::type;

template <class Next, class Out, class... Ops, class Bound>
constexpr auto append_bound(chain<Out, Ops...>&& left, Bound&& bound) {
  return chain<Next, Ops..., Bound>{concatenate(std::move(left.operators), pack<Bound>{{std::move(bound)}})};
}

template <class Out, class... Ops, class Op>
constexpr auto append(chain<Out, Ops...>&& left, Op&& op) {
  if constexpr (std::same_as<Out, refused>) {
    return std::move(left);
  } else if constexpr (std::same_as<Out, unbound>) {
    return chain<unbound, Ops..., Op>{concatenate(std::move(left.operators), pack<Op>{{std::move(op)}})};
  } else if constexpr (source<Op>) {
    static_assert(!source<Op>, "from: a source can only begin a chain; give it a chain of its own");
    return chain<refused>{};
  } else if constexpr (std::same_as<Out, nothing>) {
    static_assert(!std::same_as<Out, nothing>,
                  "nothing flows on after to(...): put inspect(...) before it to look at events on their way");
    return chain<refused>{};
  } else if constexpr (requires { typename Op::stands_behind; }) {
    if constexpr (!Op::template fits_behind<last_of<Ops...>, Out>())
      return chain<refused>{};
    else
      return append_bound<Out>(std::move(left), std::move(op).template bind_behind<last_of<Ops...>>());
  } else if constexpr (!Op::template fits<Out>()) {
    return chain<refused>{};
  } else if constexpr (is_inputs<Out> && !takes_inputs<decltype(bind<Out>(std::move(op))), Out>) {
    static_assert(takes_inputs<Op, Out>,
                  "connect: what follows must take several streams, as a join does; merge(...) makes one of them");
    return chain<refused>{};
  } else {
    using Bound = decltype(bind<Out>(std::move(op)));
    return append_bound<typename Bound::template output<Out>>(std::move(left), bind<Out>(std::move(op)));
  }
}

template <class Op>
constexpr auto begin_chain(link<Op>&& l) {
  if constexpr (std::same_as<Op, refused>)
    return chain<refused>{};
  else if constexpr (source<Op>)
    return chain<typename Op::event_type, Op>{pack<Op>{{std::move(l.op)}}};
  else
    return chain<unbound, Op>{pack<Op>{{std::move(l.op)}}};
}
template <class Out, class... Ops>
constexpr auto begin_chain(chain<Out, Ops...>&& c) {
  return std::move(c);
}
/// A named stream knows the chain that it begins.
template <class T>
  requires requires(T&& t) { t.as_chain(); }
constexpr auto begin_chain(T&& t) {
  return t.as_chain();
}
template <class T>
using chain_of = decltype(begin_chain(std::declval<T>()));

template <class Left, class Op>
constexpr auto append_all(Left&& left, link<Op>&& right) {
  return append(std::move(left), std::move(right.op));
}
/// From operator First on.
template <std::size_t First = 0, class Left, class Out, class... Ops>
constexpr auto append_all(Left&& left, [[maybe_unused]] chain<Out, Ops...>&& right) {
  auto step = [&right]<std::size_t I, std::size_t N>(auto&& self, auto&& so_far, std::integral_constant<std::size_t, I>,
                                                     std::integral_constant<std::size_t, N> n) {
    if constexpr (I == N)
      return std::move(so_far);
    else
      return self(self, append(std::move(so_far), std::move(get<I>(right.operators))),
                  std::integral_constant<std::size_t, I + 1>{}, n);
  };
  return step(step, std::move(left), std::integral_constant<std::size_t, First>{},
              std::integral_constant<std::size_t, sizeof...(Ops)>{});
}

}  // namespace detail

/// Joins two links, or chains of them. A chain without a source stays unchecked until it meets one.
template <detail::stream L, detail::joinable R>
constexpr auto operator|(L left, R right) {
  return detail::append_all(detail::begin_chain(std::move(left)), std::move(right));
}

}  // namespace levada::inline v0
