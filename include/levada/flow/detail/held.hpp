// SPDX-License-Identifier: BSL-1.0
// held: how a circuit holds its operators and its books: its own, or, for the time of a span, those of the circuit at home.
#pragma once

#include <levada/core/config.hpp>
#include <levada/flow/detail/junctions.hpp>

#include <array>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

/// How a circuit reaches an operator: it owns it; or, for the time of a span, holds a copy in its frame, points at it, or holds
/// what it entered the span with.
template <class Op>
struct in_frame {
  Op op;
};
template <class Op>
struct in_place {
  Op* op;
};
template <class Op>
struct entered {
  using in_span = decltype(std::declval<Op&>().enter());
  Op* op;
  in_span stand_in;
};
template <class Op>
LEVADA_INLINE constexpr Op& reach(Op& op) {
  return op;
}
template <class Op>
LEVADA_INLINE constexpr Op& reach(in_frame<Op>& f) {
  return f.op;
}
template <class Op>
LEVADA_INLINE constexpr Op& reach(in_place<Op>& f) {
  return *f.op;
}
template <class Op>
LEVADA_INLINE constexpr Op& reach(entered<Op>& f) {
  return *f.op;
}
/// What takes the events.
template <class Held>
LEVADA_INLINE constexpr auto& reach_taker(Held& held) {
  return detail::reach(held);
}
template <class Op>
LEVADA_INLINE constexpr auto& reach_taker(entered<Op>& f) {
  return f.stand_in;
}
template <class Held>
LEVADA_INLINE void enter_again(Held&) {}
template <class Op>
LEVADA_INLINE void enter_again(entered<Op>& f) {
  const auto entered_with = f.op->enter();  // a copy: a call that is not inlined must not be given the address of a frame
  ::new (static_cast<void*>(&f.stand_in)) typename entered<Op>::in_span(entered_with);
}
template <class Held>
struct operator_of {
  using type = Held;
};
template <class Op>
struct operator_of<in_frame<Op>> {
  using type = Op;
};
template <class Op>
struct operator_of<in_place<Op>> {
  using type = Op;
};
template <class Op>
struct operator_of<entered<Op>> {
  using type = Op;
};

/// Are events counted in a flow that begins with this operator? Always; but what counting costs can be measured only beside a
/// flow that does not (bench/jobs.hpp).
template <class First>
inline constexpr bool is_counted = true;

/// What a circuit writes down beside its events: once for the flow, however many frames run.
template <class Plan>
struct ledger {
  std::array<std::uint64_t, Plan::nodes> dropped{};
  struct none {};
  [[no_unique_address]] std::conditional_t<Plan::has_merges, junctions<Plan>, none> merges{};
};
template <class Plan>
LEVADA_INLINE ledger<Plan>& reach_ledger(ledger<Plan>& l) {
  return l;
}
/// What a frame has in its place: the circuit whose operators it runs.
template <class Circuit>
struct home {
  Circuit* circuit;
};
template <class Circuit>
LEVADA_INLINE auto& reach_ledger(home<Circuit>& h) {
  return h.circuit->ledger;
}
template <class Ledger>
inline constexpr bool is_home = false;
template <class Circuit>
inline constexpr bool is_home<home<Circuit>> = true;

/// A copy of an operator goes home, or comes from there.
template <class Op>
LEVADA_INLINE void copy_operator(Op& to, const Op& from) {
  // Lambdas with captures have no operator=; and what memcpy copies g++ 12 leaves in memory.
  ::new (static_cast<void*>(&to)) Op(from);
}
template <class Held, class Op>
LEVADA_INLINE void go_home(Held&, Op&) {}
template <class Op>
LEVADA_INLINE void go_home(in_frame<Op>& f, Op& home) {
  detail::copy_operator(home, f.op);
}
template <class Held, class Op>
LEVADA_INLINE void come_back(Held& f, Op&) {
  detail::enter_again(f);
}
template <class Op>
LEVADA_INLINE void come_back(in_frame<Op>& f, Op& home) {
  detail::copy_operator(f.op, home);
}

}  // namespace levada::inline v0::detail
