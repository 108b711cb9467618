// SPDX-License-Identifier: BSL-1.0
// census: which members of a group share the work now, and how much of it is whose. Every member counts for itself, from the same
// words and locks, and comes to the same: nobody has to be asked.
#pragma once

#include <levada/bus/detail/lease_table.hpp>
#include <levada/core/time.hpp>

#include <bit>
#include <cstdint>

namespace levada::inline v0::detail {

class census {
 public:
  /// A member is active if it lives (by its lock), and is not asleep: it has made no turn for a lease while `is_behind(member)`,
  /// that is, while there was something to read for it. Who was away for long himself has not seen whether others moved, and
  /// begins to watch anew: after all were stopped together, nobody is asleep.
  template <class IsBehind>
  void take(const lease_table& table, duration now, duration lease, IsBehind is_behind) {
    const bool was_away = now - taken_ > lease / 2;
    taken_ = now;
    active_ = bit(table.own());
    for (std::uint32_t i = 0; i < most_group_members; ++i) {
      auto& m = table.words().member(i);
      auto incarnation = m.incarnation.acquire();  // pairs with the releases in lease_table::find_place and leave
      if (i == table.own() || (incarnation & 1) == 0) continue;
      if (!table.is_alive(i)) {
        [[maybe_unused]] const bool buried = m.incarnation.compare_exchange(incarnation, incarnation + 1);  // not asked again
        continue;
      }
      const auto progress = m.progress.relaxed();
      auto& seen = seen_[i];
      if (was_away || progress != seen.progress) seen = {progress, now};
      if (now - seen.since > lease && m.asleep.relaxed() != progress && is_behind(i)) {
        m.asleep.relaxed(progress);  // it is awake again as soon as it makes a turn
        table.words().announce();
      }
      if (m.asleep.relaxed() != progress) active_ |= bit(i);
    }
  }

  [[nodiscard]] bool is_active(std::uint32_t member) const { return (active_ & bit(member)) != 0; }
  [[nodiscard]] std::uint32_t active() const { return static_cast<std::uint32_t>(std::popcount(active_)); }
  /// How many partitions a member should have: all shares together are all partitions, and no two differ by more than one.
  [[nodiscard]] std::uint32_t share_of(std::uint32_t member, std::uint32_t partitions) const {
    const auto rank = static_cast<std::uint32_t>(std::popcount(active_ & (bit(member) - 1)));
    return partitions / active() + (rank < partitions % active() ? 1 : 0);
  }

 private:
  static constexpr std::uint64_t bit(std::uint32_t i) { return std::uint64_t{1} << i; }

  struct watch {
    std::uint64_t progress = 0;
    duration since{};
  };
  watch seen_[most_group_members]{};
  std::uint64_t active_ = 0;
  duration taken_{INT64_MIN / 2};
};

}  // namespace levada::inline v0::detail
