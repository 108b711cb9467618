// SPDX-License-Identifier: BSL-1.0
// topic_source: a subscription as a source. Spans end where the lane has a record, so processing time is that of the
// publisher's spans: a topic read twice with time_base::events gives the same results twice.
#pragma once

#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace levada::inline v0 {

/// Emits  the events of a topic in place, with its watermarks and barriers between them; the end if the topic has one.
/// Holds  a subscription, from open() on.
/// Fails  where a subscriber does: the topic is of another type, the name is taken, there is no permission.
/// Costs  what the ring costs, no copy.
template <wire_event T>
class topic_source {
 public:
  using event_type = T;
  static constexpr bool brings_time = true;

  topic_source(topic<T> from, subscriber_options options) : topic_(std::move(from)), options_(options) {}

  [[nodiscard]] result<> open() {
    auto opened = subscriber<T>::open(topic_, options_);
    if (!opened) return opened.error();
    subscriber_.emplace(*std::move(opened));
    return {};
  }

  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    polled came = polled::nothing;
    for (std::size_t brought = 0; brought < budget;) {
      const turn<T> next = subscriber_->read();
      if (next.signal) {
        came = polled::events;
        ++brought;
        out.advance(next.signal->time);
        switch (next.signal->kind()) {
          case lane_kind::watermark: out.raise(watermark{{static_cast<std::int64_t>(next.signal->value)}}); break;
          case lane_kind::barrier: out.raise(barrier{next.signal->value}); break;
          case lane_kind::end: return leave();
          case lane_kind::idle:    // one input alone holds back nobody
          case lane_kind::commit:  // never given out
            break;
        }
      } else if (!next.events.empty()) {
        came = polled::events;
        out.advance(subscriber_->time());
        out(next.events);
        subscriber_->release(next.events.size());
        brought += next.events.size();
      } else {
        break;
      }
    }
    return came;
  }
  /// The sequence of the next event.
  [[nodiscard]] std::uint64_t position() const { return subscriber_ ? subscriber_->position() : ended_at_; }

  [[nodiscard]] int wake_fd() const { return subscriber_->wake_fd(); }
  [[nodiscard]] bool park() { return subscriber_->park(); }
  void unpark(bool timed_out) { subscriber_->unpark(timed_out); }
  [[nodiscard]] duration patience() const { return subscriber_->patience(); }

  /// The subscription, to ask about loss, lag and the producer. Not before open().
  [[nodiscard]] subscriber<T>& subscription() {
    LEVADA_CHECK(subscriber_.has_value(), subscriber_.has_value());
    return *subscriber_;
  }

 private:
  /// Nobody asks again: the publisher must not wait for this cursor, and the loop not for this bell.
  polled leave() {
    ended_at_ = subscriber_->position();
    subscriber_.reset();
    return polled::end;
  }

  topic<T> topic_;
  subscriber_options options_;
  std::optional<subscriber<T>> subscriber_;
  std::uint64_t ended_at_ = 0;
};

/// from(topic), or from(subscribe(topic, options)).
template <wire_event T>
[[nodiscard]] topic_source<T> subscribe(topic<T> from, subscriber_options options = {}) {
  return {std::move(from), options};
}
template <wire_event T>
[[nodiscard]] topic_source<T> as_source(topic<T> from) {
  return subscribe(std::move(from));
}

}  // namespace levada::inline v0
