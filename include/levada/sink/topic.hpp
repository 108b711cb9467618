// SPDX-License-Identifier: BSL-1.0
// topic_sink: a publisher as a sink. Events are written straight into the ring and accepted in batches: when the input
// runs dry, or after a few KiB.
#pragma once

#include <levada/bus/publisher.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/os/stop.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Takes  events of the topic's type; watermarks and barriers go into the topic's lane. The end of the stream does not: a
///        topic outlives its publishers.
/// Holds  a publisher, from open() on; events of one batch before they are accepted.
/// Fails  where a publisher does. When a subscriber lags by the whole ring, the flow waits for it: that is back-pressure.
///        Only a stop (SIGTERM) ends the wait; what then finds no room is dropped and counted.
/// Costs  a copy of the event into the ring, and one release store a batch.
template <wire_event T>
class topic_sink {
 public:
  using is_sink = void;

  explicit topic_sink(topic<T> to) : topic_(std::move(to)) {}

  [[nodiscard]] result<> open() {
    auto opened = publisher<T>::open(topic_);
    if (!opened) return opened.error();
    publisher_.emplace(*std::move(opened));
    return {};
  }

  LEVADA_INLINE void write(const T& e, auto out) {
    if (used_ == room_.size()) [[unlikely]] {
      if (!claim(out)) return out.drop();
    }
    room_[used_++] = e;
  }

  void on(const flush&, auto out) { accept(out.now()); }
  void on(const watermark& w, auto out) { put(lane_kind::watermark, static_cast<std::uint64_t>(w.time.ns), out); }
  void on(const barrier& b, auto out) { put(lane_kind::barrier, b.id, out); }
  void on(const end_of_stream&, auto out) { accept(out.now()); }

  /// The publisher, to ask about its subscribers. Not before open().
  [[nodiscard]] publisher<T>& publication() {
    LEVADA_CHECK(publisher_.has_value(), publisher_.has_value());
    return *publisher_;
  }

 private:
  static constexpr std::size_t batch = sizeof(T) < 256 ? 4096 / sizeof(T) : 16;

  void accept(timestamp now) {
    if (used_ > 0) publisher_->commit(used_, now);
    room_ = {};
    used_ = 0;
  }
  LEVADA_COLD bool claim(auto out) {
    accept(out.now());
    while ((room_ = publisher_->claim(batch)).empty())
      if (!wait()) return false;
    return true;
  }
  /// A signal lies behind the events that came before it.
  LEVADA_COLD void put(lane_kind kind, std::uint64_t value, auto out) {
    accept(out.now());
    while (!publisher_->signal(kind, value, out.now()))
      if (!wait()) return out.drop();
  }
  /// For room; false when the process is to stop.
  bool wait() {
    if (stop_requested()) return false;
    [[maybe_unused]] const bool room = publisher_->wait_for_room(duration{100'000'000});  // short enough to hear of a stop
    return true;
  }

  topic<T> topic_;
  std::optional<publisher<T>> publisher_;
  std::span<T> room_;
  std::size_t used_ = 0;
};

template <wire_event T>
[[nodiscard]] topic_sink<T> as_sink(topic<T> to) {
  return topic_sink<T>(std::move(to));
}

}  // namespace levada::inline v0
