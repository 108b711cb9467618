// SPDX-License-Identifier: BSL-1.0
// record_publisher: the producer of a topic whose events are described only at run time. It fills them in by name, in place; what
// brings events from JSON, a table or a script uses it.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/wire/mutable_record.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  members by name, one event at a time.
/// Emits  events to every subscriber of the topic, as publisher<T> does.
/// Holds  what publisher<T> holds, and a copy of the topic's descriptor.
/// Fails  at open only, in words; with failure::unavailable if the topic is not there, or has a publisher.
/// Costs  a commit an event, and the looking up of members.
class record_publisher {
 public:
  static result<record_publisher> open(const bus& on, std::string_view topic) {
    auto files = on.files_of(topic);
    if (!files) return files.error();
    auto lock = detail::lock_topic(*files, false);
    if (!lock) return lock.error();
    if (detail::is_of_earlier_boot(*files)) return files->absent();
    auto s = detail::segment::open(*files, detail::side::publisher);
    if (!s) return s.error();
    if (auto kind = s->is_of(detail::ring_kind::stream, "record_publisher"); !kind) return kind.error();
    auto core = detail::producer::open(*s);
    if (!core) return core.error();
    record_publisher made{std::move(*core)};
    made.own_ = std::move(*s);
    return made;
  }

  [[nodiscard]] const descriptor_view& descriptor() const { return own_.descriptor(); }

  /// The next event, all zero; nothing if there is no room. A claim that is not committed is forgotten.
  [[nodiscard]] std::optional<mutable_record> claim() {
    if (core_.granted(1) == 0) return {};
    const auto& ring = core_.ring();
    auto* event = ring.data + (core_.position() & (ring.measure.capacity - 1)) * ring.measure.stride;
    std::memset(event, 0, own_.descriptor().event_size);
    return mutable_record{own_.descriptor(), event};
  }
  /// Accepts the claimed event at time `now`: from here on it survives this process.
  void commit(timestamp now) { core_.commit(1, now); }

  // As in publisher<T>.
  [[nodiscard]] bool signal(lane_kind kind, std::uint64_t value, timestamp now) { return core_.signal(kind, value, now); }
  void tell_time(timestamp now) { core_.tell_time(now); }
  [[nodiscard]] bool wait_for_room(duration timeout) { return core_.wait_for_room(timeout); }
  [[nodiscard]] std::uint64_t sequence() const { return core_.position(); }
  [[nodiscard]] std::uint32_t epoch() const { return core_.epoch(); }

 private:
  explicit record_publisher(detail::producer&& core) : core_(std::move(core)) {}

  detail::segment own_;
  detail::producer core_;
};

}  // namespace levada::inline v0
