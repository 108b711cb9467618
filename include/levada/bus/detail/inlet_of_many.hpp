// SPDX-License-Identifier: BSL-1.0
// inlet_of_many: what a source does that reads a topic of many producers: it brings the events of all, and of their signals
// what they come to together.
//   watermark       the least of all producers that hold time back, when it has grown
//   idle            when nobody holds time back any more
//   end             when all have said it, and nothing has come since
//   barrier         none: those of several producers would have to meet; the flow's own are given to this source, as to a timer
// A producer holds time back from when it first opened the topic until it says idle or the end. Who was killed says neither: it
// is taken for idle when all it has sent is read and its lock is free.
#pragma once

#include <levada/bus/detail/inlet.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

template <wire_event Ring>
struct many;

namespace detail {

template <class E, wire_event Ring>
class inlet<E, many<Ring>> {
  using came_as = typename subscriber<many<Ring>>::event_type;
  static_assert(sizeof(E) == sizeof(came_as) && std::is_trivially_copyable_v<E>);

 public:
  using event_type = E;
  static constexpr bool brings_time = true;

  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    for (std::size_t brought = 0; brought < budget;) {
      const turn<came_as> next = subscriber_->read();
      if (next.lost > 0) [[unlikely]]
        out.drop(next.lost);
      if (!next) return dry(brought != 0, out);
      out.advance(subscriber_->time());  // it never runs backward, whoever is behind
      if (next.signal != nullptr) {
        ++brought;
        if (!hear(*next.signal, out)) return polled::end;
      } else {
        out(std::span<const E>(reinterpret_cast<const E*>(next.events.data()), next.events.size()));
        subscriber_->release(next.events.size());
        brought += next.events.size();
      }
    }
    return polled::events;
  }
  [[nodiscard]] result<> status() const { return subscriber_ ? subscriber_->status() : result<>{}; }
  /// How far it is in all rings together.
  [[nodiscard]] std::uint64_t position() const {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < places(); ++i) all += subscriber_->position(i);
    return all;
  }

  [[nodiscard]] int wake_fd() const { return subscriber_->wake_fd(); }
  [[nodiscard]] bool park() { return subscriber_->park(); }
  void unpark(bool timed_out) {
    subscriber_->unpark(timed_out);
    looks_for_dead_ |= timed_out;
  }
  [[nodiscard]] duration patience() const { return subscriber_->patience(); }

 protected:
  std::optional<subscriber<many<Ring>>> subscriber_;

 private:
  [[nodiscard]] std::size_t places() const { return subscriber_ ? subscriber_->places() : 0; }
  [[nodiscard]] bool had_producer(std::size_t i) const { return subscriber_->at(i).producer_pid() != 0; }
  [[nodiscard]] bool has_ended(std::size_t i) const { return subscriber_->at(i).covering().kind() == lane_kind::end; }

  polled dry(bool came, auto out) {
    if (subscriber_->ready() && !subscriber_->status()) return polled::end;  // evicted
    for (std::size_t i = 0; i < places(); ++i)                               // time alone may have moved
      if (const auto time = subscriber_->at(i).time(); out.now() < time) {
        came = true;
        out.advance(time);
      }
    // What has come may be what others wait for who wait for the dead: looked at once, when all is read.
    if (std::exchange(looks_for_dead_, came) && !came && has_event_time_) came = look_for_dead(out);
    return came ? polled::events : polled::nothing;
  }

  /// False: this was the end.
  LEVADA_COLD bool hear(const lane_record& signal, auto out) {
    const std::size_t from = subscriber_->producer();
    switch (signal.kind()) {
      case lane_kind::watermark: {
        const timestamp time{static_cast<std::int64_t>(signal.value)};
        if (lines_[from].watermark < time) lines_[from].watermark = time;
        lines_[from].is_idle = false;
        break;
      }
      case lane_kind::idle: lines_[from].is_idle = true; break;
      case lane_kind::end:
        lines_[from].is_idle = true;  // whoever takes its place holds nothing back before its first watermark
        if (all_have_ended()) {
          subscriber_->leave();
          return false;
        }
        break;
      case lane_kind::barrier:
      case lane_kind::commit: return true;
    }
    has_event_time_ = true;
    settle(out);
    return true;
  }
  [[nodiscard]] bool all_have_ended() const {
    for (std::size_t i = 0; i < places(); ++i)
      if (had_producer(i) && (!has_ended(i) || subscriber_->at(i).ready())) return false;
    return true;
  }

  bool settle(auto out) {
    timestamp least = never;
    bool all_idle = true;
    for (std::size_t i = 0; i < places(); ++i) {
      if (lines_[i].is_idle || !had_producer(i)) continue;
      all_idle = false;
      if (lines_[i].watermark < least) least = lines_[i].watermark;
    }
    if (all_idle) {
      if (std::exchange(is_paused_, true)) return false;
      out.raise(idle{});
      return true;
    }
    const bool resumes = std::exchange(is_paused_, false), has_grown = least > passed_;
    if (has_grown) passed_ = least;
    if (resumes || has_grown) out.raise(watermark{passed_});  // who resumes says the old time again: others wait for it now
    return resumes || has_grown;
  }
  bool look_for_dead(auto out) {
    for (std::size_t i = 0; i < places(); ++i) {
      const auto& one = subscriber_->at(i);
      if (!lines_[i].is_idle && had_producer(i) && !one.producer_alive() && !one.ready())
        lines_[i].is_idle = true;  // in this order
    }
    return settle(out);
  }

  struct line {
    timestamp watermark = long_ago;
    bool is_idle = false;  // holds nothing back until its next watermark
  };
  line lines_[most_producers];
  timestamp passed_ = long_ago;
  bool is_paused_ = false;
  bool has_event_time_ = false;
  bool looks_for_dead_ = true;
};

}  // namespace detail

}  // namespace levada::inline v0
