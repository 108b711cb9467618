// SPDX-License-Identifier: BSL-1.0
// frame: where a span of events runs. Counters, copies of small operators with state, and what others enter the span with are
// local to it, so that the optimiser can keep them in registers: no event can alias them.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/circuit.hpp>

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace levada::inline v0::detail {

/// Making copies costs more than it saves below about 64 events (measured), and a large frame spills anyway.
inline constexpr std::size_t frame_span = 64;
inline constexpr std::size_t frame_bytes = 64;

/// Operators that are copied into a frame and back.
template <class Op>
inline constexpr bool is_copied = stateful<Op> && !enterable<Op> && !std::is_empty_v<Op> && std::is_trivially_copyable_v<Op> &&
                                  std::is_copy_constructible_v<Op> && sizeof(Op) <= frame_bytes;

template <class Plan, std::size_t Source, std::size_t I>
inline constexpr bool is_below = I != Source && Plan::template reaches<Source>[I];

/// How a frame holds an operator.
template <class Op, bool IsBelow>
using in_frame_or_out = std::conditional_t<IsBelow && is_copied<Op>, in_frame<Op>,
                                           std::conditional_t<IsBelow && enterable<Op>, entered<Op>, in_place<Op>>>;

template <class Held, class Op>
LEVADA_INLINE Held held_for_span(Op& op) {
  if constexpr (std::is_same_v<Held, entered<Op>>) {
    const auto entered_with = op.enter();
    return {&op, entered_with};
  } else if constexpr (std::is_same_v<Held, in_frame<Op>>) {
    return {op};
  } else {
    return {&op};
  }
}

/// Copies back what changed in a frame.
template <std::size_t I, class Plan, class Frame, class... Ops>
LEVADA_INLINE void leave(Frame& frame, circuit<Plan, ledger<Plan>, Ops...>& home) {
  using Op = element<I, pack<Ops...>>;
  if constexpr (is_copied<Op>) copy_operator(home.template at<I>(), frame.template at<I>());
  if constexpr (Plan::fanout_of(I) > 0) {
    home.counted[I] += frame.counted[I];
    for_each_index<Plan::outputs_of(I) - 1>([&](auto o) LEVADA_INLINE_LAMBDA {
      constexpr std::size_t at = Plan::counter_of(I, o + 1);
      home.counted[at] += frame.counted[at];
    });
  }
}

// A loop that clang was asked to unroll and did not (below -O2, for size, under sanitizers) is told at the function that it was
// inlined into, which must not be one of the user's: so these two are called, once a span, and what is told of them is not heard.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

/// Pushes a short span from Source through the operators below it.
template <std::size_t Source, class Plan, class... Ops, class E>
[[gnu::noinline]] void run_in_place(circuit<Plan, ledger<Plan>, Ops...>& home, std::span<const E> events) {
  home.template emit_batch<Source>(events);
}

/// The same in a frame. A throw discards it.
template <std::size_t Source, class Plan, class... Ops, class E, std::size_t... I>
[[gnu::noinline]] void run_in_frame(circuit<Plan, ledger<Plan>, Ops...>& home, std::span<const E> events,
                                    std::index_sequence<I...>) {
  using own = circuit<Plan, ledger<Plan>, Ops...>;
  using frame = circuit<Plan, detail::home<own>, in_frame_or_out<Ops, is_below<Plan, Source, I>>...>;
  frame local{
      {{held_for_span<in_frame_or_out<Ops, is_below<Plan, Source, I>>>(home.template at<I>())}...}, home.clock, {}, {&home}};
  local.template emit_batch<Source>(events);
  (
      [&] {
        if constexpr (is_below<Plan, Source, I>) leave<I>(local, home);
      }(),
      ...);
}

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace levada::inline v0::detail
