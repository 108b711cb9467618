// SPDX-License-Identifier: BSL-1.0
// outlet: what every sink that writes into a ring does: it gathers events in claimed slots, accepts them in batches, puts
// signals behind them, and waits when the ring is full, as long as it is told to.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/reclaim.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/config.hpp>
#include <levada/os/cache.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace levada::inline v0::detail {

/// The events of topic<Topic> hold the bytes of E, and a slot begins with its event. `GiveUp` says whether a wait for room makes
/// no sense any more; what then finds no room is dropped and counted.
template <class E, wire_event Topic, class GiveUp>
class outlet {
  using publisher_type = publisher<Topic>;
  static_assert(sizeof(E) == sizeof(typename publisher_type::event_type) && std::is_trivially_copyable_v<E>);

 public:
  outlet() = default;
  explicit outlet(GiveUp give_up) : give_up_(give_up) {}

  LEVADA_INLINE void write(const E& e, auto out) {
    if (used_ == room_.size()) [[unlikely]]
      if (!claim()) return out.drop();
    std::byte* place = reinterpret_cast<std::byte*>(&room_[used_++]);
    if constexpr (may_stream)
      if (stores_ == store_policy::streaming) return stream_copy(place, reinterpret_cast<const std::byte*>(&e), sizeof e);
    if constexpr (sizeof e >= cache_line) prefetch_to_write(place + ahead);  // the reader has the lines: see bus/reclaim.hpp
    std::memcpy(place, &e, sizeof e);
    if constexpr (at_once) {
      publisher_->commit(used_, gathered_at_);
      room_ = room_.subspan(used_);
      used_ = 0;
    }
  }

  void on(const flush&, auto) { accept(); }
  /// What was gathered came before the tick, and so did what operators above have emitted because of it: below the ring it
  /// belongs to the old time as well.
  void on(const tick& t, auto) {
    accept();
    gathered_at_ = t.now;
  }
  void on(const watermark& w, auto out) { put(lane_kind::watermark, static_cast<std::uint64_t>(w.time.ns), out); }
  void on(const idle&, auto out) { put(lane_kind::idle, 0, out); }
  void on(const barrier& b, auto out) { put(lane_kind::barrier, b.id, out); }

 protected:
  void accept() {
    if (may_stream && stores_ == store_policy::streaming) stream_fence();  // before head says that they are whole
    if (used_ > 0) publisher_->commit(used_, gathered_at_);
    room_ = {};
    used_ = 0;
  }
  /// A signal lies behind the events that came before it.
  LEVADA_COLD void put(lane_kind kind, std::uint64_t value, auto out) {
    accept();
    for (duration left = keeps_signals_ ? forever : patience_; !publisher_->signal(kind, value, out.now());)
      if (!wait(left)) return out.drop();
  }

  std::optional<publisher_type> publisher_;
  GiveUp give_up_{};
  store_policy stores_ = store_policy::cached;
  static constexpr duration forever{INT64_MAX};
  duration patience_ = forever;  // then what comes is dropped, until there is room again
  bool keeps_signals_ = false;   // and waits for room for them, however short its patience is

 private:
  static constexpr bool may_stream = ring_of<Topic>::kind == ring_kind::stream && sizeof(E) % 16 == 0;
  static constexpr bool at_once = ring_of<Topic>::kind == ring_kind::line;  // it is there for the latency
  static constexpr std::size_t ahead = 2048;  // bytes; with 512 to 2048 two stages carry a third more (bench_stage, 64 B)
  static constexpr std::size_t batch = sizeof(E) < 256 ? 4096 / sizeof(E) : 16;

  LEVADA_COLD bool claim() {
    accept();
    for (duration left = lost_patience_ ? duration{} : patience_; (room_ = publisher_->claim(batch)).empty();)
      if (!wait(left)) return false;
    lost_patience_ = false;
    return true;
  }
  /// For room, in pieces that are short enough to hear of a wish to stop between them.
  bool wait(duration& left) {
    if (give_up_()) return false;
    lost_patience_ = left <= duration{};
    if (lost_patience_) return false;
    constexpr duration piece{100'000'000};
    const duration now = left < piece ? left : piece;
    [[maybe_unused]] const bool room = publisher_->wait_for_room(now);
    if (left != forever) left = left - now;
    return true;
  }

  std::span<typename publisher_type::slot_type> room_;
  std::size_t used_ = 0;
  timestamp gathered_at_ = long_ago;
  bool lost_patience_ = false;
};

}  // namespace levada::inline v0::detail
