// SPDX-License-Identifier: BSL-1.0
// inlet: what every source that reads a ring does: it hands over events in place, with the signals of the lane between them,
// and is woken by the ring's bell.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace levada::inline v0::detail {

/// The events of topic<Topic> hold the bytes of E.
template <class E, wire_event Topic>
class inlet {
  using came_as = typename subscriber<Topic>::event_type;
  static_assert(sizeof(E) == sizeof(came_as) && std::is_trivially_copyable_v<E>);

 public:
  using event_type = E;
  static constexpr bool brings_time = true;
  static constexpr bool carries_barriers = true;

  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    polled came = polled::nothing;
    for (std::size_t brought = 0; brought < budget;) {
      const turn<came_as> next = subscriber_->read();
      if (next.lost > 0) [[unlikely]]
        out.drop(next.lost);
      if (next.signal) {
        came = polled::events;
        ++brought;
        out.advance(next.signal->time);
        switch (next.signal->kind()) {
          case lane_kind::watermark: out.raise(watermark{{static_cast<std::int64_t>(next.signal->value)}}); break;
          case lane_kind::barrier: out.raise(barrier{next.signal->value}); return came;
          case lane_kind::idle: out.raise(idle{}); break;
          case lane_kind::end: subscriber_->leave(); return polled::end;
          case lane_kind::commit: break;  // never given out
        }
      } else if (!next.events.empty()) {
        came = polled::events;
        out.advance(subscriber_->time());
        out(std::span<const E>(reinterpret_cast<const E*>(next.events.data()), next.events.size()));
        subscriber_->release(next.events.size());
        brought += next.events.size();
      } else {
        if (!subscriber_->status()) return polled::end;  // evicted
        if (out.now() < subscriber_->time()) {           // time alone has moved
          came = polled::events;
          out.advance(subscriber_->time());
        }
        break;
      }
    }
    return came;
  }
  [[nodiscard]] result<> status() const { return subscriber_ ? subscriber_->status() : result<>{}; }
  /// The sequence of the next event.
  [[nodiscard]] std::uint64_t position() const { return subscriber_ ? subscriber_->position() : 0; }

  [[nodiscard]] int wake_fd() const { return subscriber_->wake_fd(); }
  [[nodiscard]] bool park() { return subscriber_->park(); }
  void unpark(bool timed_out) { subscriber_->unpark(timed_out); }
  [[nodiscard]] duration patience() const { return subscriber_->patience(); }

 protected:
  std::optional<subscriber<Topic>> subscriber_;
};

}  // namespace levada::inline v0::detail
