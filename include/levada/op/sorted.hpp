// SPDX-License-Identifier: BSL-1.0
// sorted: events in the order of their times. They are held until the watermark says that nothing older comes.
//   event_time(...) | sorted<"in order">(at(&reading::time), 10'000) | pattern<...>(...)
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/time.hpp>
#include <levada/op/at.hpp>
#include <levada/op/detail/clock.hpp>
#include <levada/op/detail/held_event.hpp>
#include <levada/state/slots.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Takes  events E in any order; the extractor gives their time.
/// Emits  them in the order of their times, those of one time in the order in which they came: at a watermark those that are not
///        newer than it, at the end of the stream the rest. Below key_by too it is one order for all keys.
/// Holds  `room` events, from the start on.
/// Fails  when there is no room the oldest is emitted early; early() counts those, and what comes later and is older is late. An
///        event older than the watermark, or than what was emitted, is late: dropped and counted, or put aside as `at` says. So
///        are those that are held for a key that is retired.
/// Costs  log2 of the events that are held, twice. Without watermarks it is a heap that is always full.
template <fixed_string Name, class Time, class In>
class sorted_operator : public detail::puts_aside<std::conditional_t<detail::puts_late_aside<Time>, In, void>> {
 public:
  static constexpr std::string_view kind = "sorted";
  static constexpr std::string_view name = Name.view();

  sorted_operator(Time time, std::uint32_t room) : time_(std::move(time)), room_(room) {}

  template <class>
  using output = In;

  LEVADA_INLINE void operator()(const In& e, auto out) {
    const timestamp t = levada::pick(time_.time, levada::payload(e));
    if (t < passed_) [[unlikely]]
      return refuse(e, out);
    if (size_ == room_) [[unlikely]] {
      ++early_;
      if (t < look(1).time) {
        passed_ = t;
        return out(e);
      }
      emit_first(out);
    }
    const std::uint32_t place = std::as_const(places_)[size_++];
    events_[place].hold(e);
    rise({t, next_++, place});
  }

  void on(const start& s, auto out) {
    events_.resize(room_);
    heap_.resize(room_);
    places_.resize(room_);
    for (std::uint32_t i = 0; i < room_; ++i) places_[i] = i;
    out.raise(s);
  }
  void on(const watermark& w, auto out) {
    if (w.time > watermark_) {
      watermark_ = w.time;
      while (size_ > 0 && look(1).time <= w.time) emit_first(out);
      if (passed_ < w.time) passed_ = w.time;
    }
    out.raise(w);  // also one that is said again: the stream resumes
  }
  void on(const retire& r, auto out) {
    if constexpr (is_keyed<In>) {
      const std::uint32_t held = size_;
      std::uint32_t gone = 0;
      for (std::uint32_t i = 0; i < held; ++i) {
        const waiting w = look(i + 1);
        const auto& event = std::as_const(events_)[w.place];
        if (event.slot == r.slot) {
          if (gone == 0) size_ = i;
          refuse(event.view(), out);
          places_[held - ++gone] = w.place;
        } else if (gone > 0) {  // those before the first that goes stay where they are
          ++size_;
          rise(w);
        }
      }
    }
    out.raise(r);
  }
  void on(const end_of_stream& end, auto out) {
    while (size_ > 0) emit_first(out);
    out.raise(end);
  }

  void persist(auto& archive)
    requires std::is_trivially_copyable_v<payload_type<In>>
  {
    archive(events_, heap_, places_, size_, next_, passed_, watermark_, early_);
  }

  /// Events that were emitted before a watermark said so, because there was no room.
  [[nodiscard]] std::uint64_t early() const { return early_; }
  [[nodiscard]] std::uint32_t held() const { return size_; }

 private:
  struct waiting {
    timestamp time{};
    std::uint64_t number = 0;  // in the order in which they came
    std::uint32_t place = 0;
    std::uint32_t unused = 0;

    bool operator<(const waiting& other) const { return time != other.time ? time < other.time : number < other.number; }
  };
  // Places in the heap count from 1: the children of n are 2 n and 2 n + 1.
  [[nodiscard]] LEVADA_INLINE const waiting& look(std::uint32_t n) const { return heap_[n - 1]; }

  LEVADA_INLINE void rise(const waiting& w) {
    std::uint32_t n = size_;
    for (; n > 1 && w < look(n / 2); n /= 2) heap_[n - 1] = look(n / 2);
    heap_[n - 1] = w;
  }
  void emit_first(auto out) {
    const waiting first = look(1), last = look(size_);
    places_[--size_] = first.place;
    std::uint32_t n = 1;
    for (std::uint32_t below = 2; below <= size_; below = 2 * n) {
      if (below < size_ && look(below + 1) < look(below)) ++below;
      if (!(look(below) < last)) break;
      heap_[n - 1] = look(below);
      n = below;
    }
    if (size_ > 0) heap_[n - 1] = last;
    passed_ = first.time;
    out(std::as_const(events_)[first.place].view());
  }
  LEVADA_COLD void refuse(const In& e, auto out) {
    if constexpr (detail::puts_late_aside<Time>)
      out.aside(e);
    else
      out.drop();
  }

  [[no_unique_address]] Time time_;
  std::uint32_t room_;
  std::uint32_t size_ = 0;
  slots<detail::held_event<In>> events_;
  slots<waiting> heap_;
  slots<std::uint32_t> places_;  // of events: those from size_ on are free
  std::uint64_t next_ = 0;
  timestamp passed_ = long_ago;  // what is older is late
  timestamp watermark_ = long_ago;
  std::uint64_t early_ = 0;
};

template <fixed_string Name, class Time>
struct sorted_description {
  [[no_unique_address]] Time time;
  std::uint32_t room;

  template <class E>
  static consteval bool fits() {
    constexpr bool tells = Time::template tells<E>();
    static_assert(tells,
                  "sorted: the time must be a levada::timestamp in the event type that arrives here, or a function callable as "
                  "timestamp(const Event&)");
    constexpr bool holds = std::semiregular<payload_type<E>>;
    static_assert(!tells || holds, "sorted: events are held, so they must be copyable and have a default");
    return tells && holds;
  }
  template <class E>
  constexpr auto bind() && {
    return sorted_operator<Name, Time, E>(std::move(time), room);
  }
};

/// sorted<"name">(at(&event::time), 10'000), sorted(at<late::aside>(&event::time), 10'000) | aside(to(...))
template <fixed_string Name = "", class Time, late Policy>
constexpr auto sorted(time_of_event<Time, Policy> time, std::uint32_t room) {
  static_assert(Policy != late::update, "sorted: what was emitted cannot be emitted anew: take late::drop or late::aside");
  LEVADA_CHECK(room > 0 && room < (1u << 31), room);
  LEVADA_CHECK(time.allowed == duration{}, time.allowed.ns);
  return link{sorted_description<Name, time_of_event<Time, Policy>>{std::move(time), room}};
}

}  // namespace levada::inline v0
