// SPDX-License-Identifier: BSL-1.0
// concepts: what sources, operators, sinks and the engine know of each other. They meet here and nowhere else, so a new
// operator touches no engine file and the engine names no operator.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/keyed.hpp>
#include <levada/core/result.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// What streams carry: a value. Events that cross a process or a disk are trivially copyable on top of it.
template <class E>
concept event = std::is_object_v<E> && std::is_move_constructible_v<E> && !std::is_pointer_v<E>;

template <class E>
concept wire_event = event<E> && std::is_class_v<E> && std::is_trivially_copyable_v<E>;

/// What arrives at an operator that connects several streams, each of a type of its own: see connect() in flow/stream.hpp. It
/// takes an event by take<Input>(event, out), and is asked fits<inputs<A, B>>().
template <class... Events>
struct inputs {};
template <class E>
inline constexpr bool is_inputs = false;
template <class... Events>
inline constexpr bool is_inputs<inputs<Events...>> = true;

/// The type of a stream that ended in a sink, and of one that was refused with a sentence.
struct nothing {};
struct refused {};

/// A port as an operator sees it: its only view of the world. This one leads nowhere; the concepts are checked with it.
struct probe_port {
  template <class E>
  void operator()(const E&) const {}
  template <std::size_t Output, class E>
  void by(const E&) const {}
  template <class E>
  void maybe(bool, const E&) const {}
  template <class E>
  void batch(std::span<const E>) const {}
  template <signal S>
  void raise(const S&) const {}
  template <class E>
  void aside(const E&) const {}
  void drop(std::uint64_t = 1) const {}
  void reject() const {}
  void advance(timestamp) const {}
  void split(std::uint32_t) const {}
  [[nodiscard]] std::uint32_t split() const { return 0; }
  [[nodiscard]] timestamp now() const { return {}; }
  [[nodiscard]] timestamp wall() const { return {}; }
  [[nodiscard]] duration steady() const { return {}; }
  [[nodiscard]] std::string_view name() const { return {}; }
};

/// An operator is an aggregate. It says what it makes of an event type (`output<E>`), whether it can take it at all
/// (`fits<E>()`, a sentence if not), and takes events one at a time.
template <class Op, class E>
concept operator_on = requires(Op& op, const E& e, probe_port out) {
  typename Op::template output<E>;
  op(e, out);
};

/// Optional members of an operator (`batch`, `seek` and `commit` are for operators and sources that are not here yet):
/// masked: takes an event that may be dead, without a branch;
template <class Op, class E>
concept maskable = requires(Op& op, bool live, const E& e, probe_port out) { op.masked(live, e, out); };
/// batch: takes a whole span;
template <class Op, class E>
concept batched = requires(Op& op, std::span<const E> b, probe_port out) { op.batch(b, out); };
/// on: takes a signal, and decides whether to pass it on;
template <class Op, class S>
concept handles = requires(Op& op, const S& s, probe_port out) { op.on(s, out); };
/// state: what survives a restart;
template <class Op>
concept stateful = requires(Op& op) { op.state; };
/// enter: gives a small trivially copyable value that takes the events of one span in its place, with operator() and masked.
/// It holds what does not change within a span (numbers, extractors, where arrays begin), so that the optimiser finds that in a
/// local and not in memory; what changes stays in the operator, which also hears the signals;
template <class Op>
concept enterable = requires(Op& op) { op.enter(); };
/// open: acquires what can fail, before the first event;
template <class Op>
concept openable = requires(Op& op) {
  { op.open() } -> std::same_as<result<>>;
};
/// attach: gets the way to the loop that it runs on (an io_queue), for reads and writes that nobody waits for; an empty one
/// when that loop goes;
template <class Op, class Queue>
concept attachable = requires(Op& op, const Queue& queue) { op.attach(queue); };
/// due: the processing time at which it wants to be woken;
template <class Op>
concept timed = requires(const Op& op) {
  { op.due() } -> std::same_as<timestamp>;
};
/// assigns_slots: gives events the slots of keys that it alone knows, so streams below two such operators never merge;
template <class Op>
inline constexpr bool has_own_slots = requires { requires Op::assigns_slots; };
/// ends_slots: takes the keys of its events away, so below it streams of any keys may merge;
template <class Op>
inline constexpr bool takes_slots_away = requires { requires Op::ends_slots; };
/// one_to_one: emits exactly one event for each that it does not tell the port to drop or to reject, so that nobody needs to
/// count what goes through;
template <class Op>
inline constexpr bool is_one_to_one = requires { requires Op::one_to_one; };

/// What a poll of a source brought: whether anything came, and whether nothing will come any more.
enum class polled : std::uint8_t { nothing, events, end };

/// A source is asked, never calls. It pushes spans and signals into its port, about `budget` events at most.
/// `position` names the next event (a sequence, a byte, a row), so that a checkpoint can say where to go on.
template <class S>
concept source = requires(S& s, const S& c, probe_port out, std::size_t budget) {
  typename S::event_type;
  { s.poll(out, budget) } -> std::same_as<polled>;
  { c.position() } -> std::same_as<std::uint64_t>;
};
/// Optional members of a source:
/// seek: goes on at a position;
template <class S>
concept seekable = requires(S& s, std::uint64_t position) {
  { s.seek(position) } -> std::same_as<result<>>;
};
/// close: what it brings comes back from below, so it goes on for as long as others do, and never says polled::end. The engine
/// ends it when the other sources of its thread have ended and a turn has brought nothing, and
/// calls close(out) before that. Where its stream meets others it is idle.
template <class S>
concept ends_last = requires(S& s, probe_port out) { s.close(out); };
/// commit: everything before a position is in a checkpoint and need not be kept;
template <class S>
concept committing = requires(S& s, std::uint64_t position) { s.commit(position); };
/// carries_barriers: barriers come in its stream. It returns from the poll in which it raised one, because the events behind
/// it may have to wait for other sources.
template <class S>
inline constexpr bool carries_barriers = requires { requires S::carries_barriers; };
/// status: why it ended before its time, if it did;
template <class S>
concept reports_status = requires(const S& s) {
  { s.status() } -> std::convertible_to<result<>>;
};
/// wake_at: the steady time of its next event, if it makes events from time;
template <class S>
concept wakes_by_time = requires(const S& s) {
  { s.wake_at() } -> std::same_as<duration>;
};
/// park: promises to make the descriptor wake_fd() readable when something comes. It returns false, and promises
/// nothing, when something is there already. unpark withdraws the promise, and hears whether the wait lasted for the
/// source's patience: the longest wait that it thinks safe. wake_fd() stays valid after the end.
template <class S>
concept wakes_by_descriptor = requires(S& s, const S& c, bool timed_out) {
  { c.wake_fd() } -> std::same_as<int>;
  { s.park() } -> std::same_as<bool>;
  s.unpark(timed_out);
  { c.patience() } -> std::same_as<duration>;
};

/// A sink is where a stream leaves: it takes single events and passes nothing on. A type says that it is one by
/// `using is_sink = void`. What it holds back for batching it
/// writes on(flush); what it cannot write it counts with out.drop().
template <class S, class E>
concept sink = requires(S& s, const E& e, probe_port out) { s.write(e, out); };

/// goes_back: what it is given comes out of a source of the same flow, so it must stand on that one's thread: the first.
template <class Op>
inline constexpr bool leads_back = requires { requires Op::goes_back; };

template <class F, class E>
concept predicate_on = requires(F& f, const payload_type<E>& e) {
  { f(e) } -> std::convertible_to<bool>;
};

/// A member pointer or a callable: what picks a value out of an event.
template <class V, class E>
  requires(
      requires(V& value, const E& e) { e.*value; } || requires(V& value, const E& e) { value(e); })
LEVADA_INLINE constexpr decltype(auto) pick(V& value, const E& e) {
  if constexpr (std::is_member_object_pointer_v<V>)
    return e.*value;
  else
    return value(e);
}

/// A callable or member pointer for the time of a span: a copy, which the optimiser can keep in a register, if a copy is as good
/// (it is small, and no call changes it); else a reference to it.
template <class F, class... Arguments>
using for_a_span = std::conditional_t<std::is_trivially_copyable_v<F> && sizeof(F) <= 16 &&
                                          (std::is_member_object_pointer_v<F> || std::is_invocable_v<const F&, Arguments...>),
                                      F, F&>;

template <class V, class E>
concept picks_from = requires(V& value, const payload_type<E>& e) { levada::pick(value, e); } &&
                     !std::is_void_v<decltype(levada::pick(std::declval<V&>(), std::declval<const payload_type<E>&>()))>;
template <class V, class E>
using picked_type = std::remove_cvref_t<decltype(levada::pick(std::declval<V&>(), std::declval<const payload_type<E>&>()))>;
template <class V, class E>
concept picks_number_from = picks_from<V, E> && std::is_arithmetic_v<picked_type<V, E>>;

/// One operator on its way into a chain; `operator|` is in flow/chain.hpp.
template <class Op>
struct link {
  Op op;
};
template <class Op>
link(Op) -> link<Op>;

}  // namespace levada::inline v0
