// SPDX-License-Identifier: BSL-1.0
// record_subscriber: a subscriber to events whose type is known only at run time. What shows, converts or keeps the events of any
// topic reads them through it; turns, signals and waiting are those of a subscriber<T>.
#pragma once

#include <levada/bus/detail/copier.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/wire/record.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Events in a row, looked at as records. They stay as those of a turn<T> do.
class record_span {
 public:
  record_span() = default;
  record_span(const descriptor_view& descriptor, const std::byte* first, std::size_t stride, std::size_t size)
      : descriptor_(&descriptor), first_(first), stride_(stride), size_(size) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] record operator[](std::size_t i) const {
    LEVADA_CHECK(i < size_, i);
    return {*descriptor_, first_ + i * stride_};
  }

 private:
  const descriptor_view* descriptor_ = nullptr;
  const std::byte* first_ = nullptr;
  std::size_t stride_ = 0;
  std::size_t size_ = 0;
};

/// What comes next: events in a row, or one signal, or neither.
struct record_turn {
  record_span events{};
  const lane_record* signal = nullptr;  ///< valid until the next read
  std::uint64_t lost = 0;               ///< events that were overwritten before these could be read

  [[nodiscard]] explicit operator bool() const { return !events.empty() || signal != nullptr; }
};

/// Takes  nothing; what the topic's publisher commits comes to it.
/// Emits  turns, as subscriber<T> does.
/// Holds  what subscriber<T> holds, and a copy of the topic's descriptor.
/// Fails  at open only, in words; with failure::unavailable if the topic is not there, because nobody could say what its events
///        are.
/// Costs  a turn as subscriber<T>; a member of a record is looked up at run time.
class record_subscriber {
 public:
  static result<record_subscriber> open(const bus& on, std::string_view topic, const subscriber_options& options = {}) {
    auto files = on.files_of(topic);
    if (!files) return files.error();
    auto lock = detail::lock_topic(*files, false);
    if (!lock) return lock.error();
    if (detail::is_of_earlier_boot(*files)) return files->absent();
    auto s = detail::segment::open(*files, detail::side::subscriber);
    if (!s) return s.error();
    if (s->view().measure.kind == detail::ring_kind::frames)
      return fault::of(failure::data, "topic '", topic, "' is a ring of frames: their members are not known to the bus");
    auto core = detail::consumer::open(*s, options, true);
    if (!core) return core.error();
    record_subscriber made{std::move(*core)};
    if (made.core_.validates())
      if (auto ready = made.copier_.open(made.core_); !ready) return ready.error();
    made.own_ = std::move(*s);
    return made;
  }

  [[nodiscard]] const descriptor_view& descriptor() const { return own_.descriptor(); }

  /// What comes next. Events stay readable until they are released; their records die with the subscriber.
  [[nodiscard]] record_turn read() {
    const auto& ring = core_.ring();
    const auto stride = static_cast<std::size_t>(ring.measure.stride);
    if (copier_) {
      const auto next = copier_.read(core_);
      return {{own_.descriptor(), next.events, stride, next.size}, next.signal, next.lost};
    }
    if (const auto* signal = core_.next_signal()) return {{}, signal};
    const auto n = static_cast<std::size_t>(core_.available());
    const auto* first = ring.data + (core_.position() & (ring.measure.capacity - 1)) * stride;
    return {{own_.descriptor(), first, stride, n}, nullptr};
  }
  /// The first n events of the last turn are done with.
  void release(std::size_t n) { core_.release(n); }

  // As in subscriber<T>.
  [[nodiscard]] timestamp time() const { return core_.covering().time; }
  [[nodiscard]] std::uint32_t epoch() const { return core_.covering().epoch; }
  [[nodiscard]] std::uint32_t producer() const { return core_.covering().producer(); }
  [[nodiscard]] std::uint64_t position() const { return core_.position(); }
  [[nodiscard]] std::uint64_t unread() const { return core_.unread(); }
  [[nodiscard]] std::uint64_t lost() const { return core_.lost(); }
  [[nodiscard]] result<> status() const { return core_.status(); }
  [[nodiscard]] bool park() { return core_.park(); }
  void unpark(bool timed_out = false) { core_.unpark(timed_out); }
  [[nodiscard]] int wake_fd() const { return core_.waiting().own_bell().fd(); }
  [[nodiscard]] duration patience() const { return core_.waiting().patience(); }
  [[nodiscard]] bool wait(duration timeout) { return core_.wait(timeout); }
  void leave() { core_.leave(); }
  [[nodiscard]] bool producer_alive() const { return core_.producer_alive(); }

 private:
  explicit record_subscriber(detail::consumer&& core) : core_(std::move(core)) {}

  detail::segment own_;
  detail::consumer core_;
  detail::copier copier_;  // where it may be overwritten
};

}  // namespace levada::inline v0
