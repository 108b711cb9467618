// SPDX-License-Identifier: BSL-1.0
// topic_sink: a publisher as a sink. Events are written straight into the ring and accepted in batches: when the input
// runs dry, or after a few KiB. In a line ring each is accepted at once.
#pragma once

#include <levada/bus/detail/outlet.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/reclaim.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/core/time.hpp>
#include <levada/os/stop.hpp>

#include <utility>

namespace levada::inline v0 {

/// How a flow publishes.
struct publish_options {
  bool ends = false;  ///< with the flow ends the topic: its subscribers' streams end. Otherwise a topic outlives its publishers.
  /// How long the flow waits where a subscriber lags by the whole ring. Then what comes is dropped and counted, the newest first,
  /// until there is room again; 0: at once. Without a limit the flow waits: that is back-pressure.
  duration patience{INT64_MAX};
  store_policy stores = store_policy::cached;
};

/// Takes  events of the topic's type; watermarks, idleness and barriers go into the topic's lane, and the end where it is wished.
/// Holds  a publisher, from open() on; events of one batch before they are accepted (none for a line ring).
/// Fails  where a publisher does. When a subscriber lags by the whole ring, the flow waits for it, as long as its patience says;
///        a stop (SIGTERM) ends the wait as well. What then finds no room is dropped and counted.
/// Costs  a copy of the event into the ring, and one release store a batch.
template <wire_event T>
class topic_sink : public detail::outlet<typename topic<T>::event_type, T, decltype(&stop_requested)> {
  using base = detail::outlet<typename topic<T>::event_type, T, decltype(&stop_requested)>;

 public:
  using is_sink = void;

  explicit topic_sink(topic<T> to, publish_options options = {})
      : base(&stop_requested), topic_(std::move(to)), options_(options) {}

  [[nodiscard]] result<> open() {
    auto opened = publisher<T>::open(topic_);
    if (!opened) return opened.error();
    this->publisher_.emplace(*std::move(opened));
    this->patience_ = options_.patience;
    this->stores_ = options_.stores;
    return {};
  }

  using base::on;
  void on(const end_of_stream&, auto out) {
    this->accept();
    if (options_.ends) this->put(lane_kind::end, 0, out);
  }

  /// The publisher, to ask about its subscribers. Not before open().
  [[nodiscard]] publisher<T>& publication() {
    LEVADA_CHECK(this->publisher_.has_value(), this->publisher_.has_value());
    return *this->publisher_;
  }

 private:
  topic<T> topic_;
  publish_options options_;
};

/// to(topic), or to(publish(topic, options)).
template <wire_event T>
[[nodiscard]] topic_sink<T> publish(topic<T> to, publish_options options = {}) {
  return topic_sink<T>(std::move(to), options);
}
template <wire_event T>
[[nodiscard]] topic_sink<T> as_sink(topic<T> to) {
  return topic_sink<T>(std::move(to));
}

}  // namespace levada::inline v0
