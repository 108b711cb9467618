// SPDX-License-Identifier: BSL-1.0
// retained: a topic as the source of a flow that goes on after a crash. What it has read stays in the ring until a checkpoint has
// it.
#pragma once

#include <levada/bus/detail/inlet.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Emits  the events of a topic in place, from the position of the last checkpoint on; the first time from the oldest there is.
/// Holds  two subscriptions: one reads, and one, which has the name, stands at the last checkpoint and keeps the ring from being
/// written
///        over. The publisher waits when the ring is full of what no checkpoint has: it must hold what comes between two of them,
///        and during a restart.
/// Fails  where a subscriber does. The dead hold nobody up: what was written over while no process had the name is counted as
/// dropped, and
///        the flow goes on behind it.
/// Costs  what topic_source costs.
template <wire_event T>
class retained_topic : public detail::inlet<typename topic<T>::event_type, T> {
 public:
  retained_topic(topic<T> from, std::string_view name) : topic_(std::move(from)), name_(name) {}

  [[nodiscard]] result<> open() {
    auto anchor = subscriber<T>::open(topic_, {.name = name_.view(), .from = start_at::earliest});
    if (!anchor) return anchor.error();
    anchor_.emplace(*std::move(anchor));
    return read_from(anchor_->position());
  }
  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    if (lost_ > 0) [[unlikely]]
      out.drop(std::exchange(lost_, 0));
    return detail::inlet<typename topic<T>::event_type, T>::poll(out, budget);
  }
  [[nodiscard]] result<> seek(std::uint64_t position) { return read_from(position); }
  /// A checkpoint has what comes before it: the ring may forget that.
  void commit(std::uint64_t position) {
    while (anchor_->position() < position) {
      const auto next = anchor_->read();
      if (next.signal) continue;
      if (next.events.empty()) return;
      const std::uint64_t left = position - anchor_->position();
      anchor_->release(next.events.size() < left ? next.events.size() : static_cast<std::size_t>(left));
    }
  }

 private:
  result<> read_from(std::uint64_t position) {
    auto opened = subscriber<T>::open(topic_, {.from = start_at::sequence(position)});
    if (!opened) return opened.error();
    this->subscriber_.emplace(*std::move(opened));
    lost_ = this->subscriber_->lost();
    return {};
  }

  topic<T> topic_;
  text<64> name_;
  std::optional<subscriber<T>> anchor_;
  std::uint64_t lost_ = 0;  // and not told yet
};

/// from(retained(topic, "press")): the name is that of the subscriber, and goes on after a restart.
template <wire_event T>
[[nodiscard]] retained_topic<T> retained(topic<T> from, std::string_view name) {
  return {std::move(from), name};
}

}  // namespace levada::inline v0
