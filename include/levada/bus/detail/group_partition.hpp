// SPDX-License-Identifier: BSL-1.0
// group_partition: one partition as a member of its group has it: the ring, the group's place at it, and, while the member owns
// it, the lease and a subscriber that goes on where the group is.
#pragma once

#include <levada/bus/detail/group_cursor.hpp>
#include <levada/bus/detail/lease_table.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace levada::inline v0::detail {

template <wire_event Topic>
class group_partition {
  using ring_type = ring_of<Topic>;

 public:
  struct reader : subscriber<Topic> {
    explicit reader(subscriber<Topic>&& s) : subscriber<Topic>(std::move(s)) {}
    using subscriber<Topic>::reads, subscriber<Topic>::build;
    [[nodiscard]] std::uint64_t lane() const { return this->core_.lane_position(); }
  };

  /// Makes the topic if it is not there, and the group's place at it, which begins at `from`.
  static result<group_partition> open(const topic<Topic>& where, const subscriber_name& name, const start_at& from,
                                      const manners& how) {
    auto files = where.files();
    if (!files) return files.error();
    auto lock = segment::open_or_make(*files, where.options(), ring_type::description(), ring_type::kind);
    if (!lock) return lock.error();
    group_partition made;
    auto ring = segment::open(*files, side::subscriber);
    if (!ring) return ring.error();
    if (auto agreed = reader::reads(*ring); !agreed) return agreed.error();
    auto cursor = group_cursor::open(*ring, name, from, how);
    if (!cursor) return cursor.error();
    made.ring_ = std::move(*ring);
    made.cursor_ = std::move(*cursor);
    return made;
  }
  void join(const lease_words& table, std::uint32_t number) {
    table_ = table;
    number_ = number;
  }

  /// Takes it from the owner in `seen`, or from nobody. False if somebody was faster.
  result<bool> take(const lease& seen, std::uint32_t member) {
    const auto own = table_.take(number_, seen, member);
    if (!own) return false;
    own_ = *own;
    committed_ = position();
    // Its own cursor keeps the producer from nothing: that of the group does, and the owner may be stopped, and be one of
    // yesterday when it goes on. Without the topic's lock, whose holder may be stopped: the group's cursor keeps the topic from
    // being removed, and who gets a place is decided by the lock of that.
    auto made = reader::build(ring_, {.from = start_at::sequence(committed_), .overflow = overflow_policy::overwrite}, true);
    if (!made) {
      table_.give_back(number_, own_);
      return made.error();
    }
    reader_.emplace(std::move(*made));
    lane_ = reader_->lane();
    told_ = 0;
    cursor_.show_owner();
    return true;
  }
  [[nodiscard]] bool is_owned() const { return reader_.has_value(); }
  /// False if it is somebody else's by now.
  [[nodiscard]] LEVADA_INLINE bool is_held() const { return table_.holds(number_, own_); }
  [[nodiscard]] std::uint64_t term() const { return own_.term; }
  [[nodiscard]] LEVADA_INLINE reader& from() { return *reader_; }
  [[nodiscard]] const reader& from() const { return *reader_; }
  /// Events that are lost and were not told of.
  [[nodiscard]] LEVADA_INLINE std::uint64_t untold() {
    const auto all = reader_->lost();
    return all - std::exchange(told_, all);
  }

  [[nodiscard]] LEVADA_INLINE std::uint64_t uncommitted() const { return reader_->position() - committed_; }
  [[nodiscard]] std::uint64_t slice() const { return ring_.view().measure.capacity / 8; }
  /// Commits what was released, and lets the producer have it. False if the partition is somebody else's by now.
  bool settle() {
    const auto to = reader_->position(), lane = reader_->lane();
    if (to == committed_ && lane == lane_) return true;
    if (to != committed_) {
      const auto own = table_.commit(number_, own_, to);
      if (!own) return false;
      own_ = *own;
    }
    committed_ = to;
    lane_ = lane;
    cursor_.store(to, lane);
    return true;
  }
  /// Over what one who was fenced may have left at the cursor.
  void renew_cursor() {
    cursor_.store(committed_, lane_);
    cursor_.return_if_evicted();
  }
  void give_back() { table_.give_back(number_, own_); }
  /// Reads no more of it.
  void let_go() { reader_.reset(); }
  void leave() { cursor_.leave(); }

  /// Where the group is. A position that the topic has not reached is of a topic that was removed since.
  [[nodiscard]] std::uint64_t position() const {
    const auto committed = table_.position(number_).position;  // before the head, which is never behind it
    return committed && *committed <= head() ? *committed : cursor_.position();
  }
  [[nodiscard]] std::uint64_t lag() const {
    const auto at = position(), end = head();
    return at < end ? end - at : 0;
  }

 private:
  [[nodiscard]] std::uint64_t head() const { return ring_.view().control->head.acquire(); }  // pairs with producer::commit

  segment ring_;
  group_cursor cursor_;
  lease_words table_;
  std::uint32_t number_ = 0;
  std::optional<reader> reader_;  // while it is owned, and then:
  lease own_;
  std::uint64_t committed_ = 0;  // what lies in the table and at the cursor
  std::uint64_t lane_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace levada::inline v0::detail
