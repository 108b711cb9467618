// SPDX-License-Identifier: BSL-1.0
// topic_source: a subscription as a source. Spans end where the lane has a record, so processing time is that of the
// publisher's spans: a topic read twice with time_base::events gives the same results twice.
#pragma once

#include <levada/bus/detail/inlet.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>

#include <utility>

namespace levada::inline v0 {

/// Emits  the events of a topic in place, with its watermarks and barriers between them; the end if the topic has one.
/// Holds  a subscription, from open() on.
/// Fails  where a subscriber does: the topic is of another type, the name is taken, there is no permission.
/// Costs  what the ring costs, no copy.
template <wire_event T>
class topic_source : public detail::inlet<typename topic<T>::event_type, T> {
 public:
  topic_source(topic<T> from, subscriber_options options) : topic_(std::move(from)), options_(options) {}

  [[nodiscard]] result<> open() {
    auto opened = subscriber<T>::open(topic_, options_);
    if (!opened) return opened.error();
    this->subscriber_.emplace(*std::move(opened));
    return {};
  }

  /// The subscription, to ask about loss, lag and the producer. Not before open().
  [[nodiscard]] subscriber<T>& subscription() {
    LEVADA_CHECK(this->subscriber_.has_value(), this->subscriber_.has_value());
    return *this->subscriber_;
  }

 private:
  topic<T> topic_;
  subscriber_options options_;
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
