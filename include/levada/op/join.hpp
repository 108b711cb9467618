// SPDX-License-Identifier: BSL-1.0
// join: what the operators on two streams have in common: how their keys meet, how much they hold, and what they emit where
// nobody says how to combine two events. The operators are window_join, interval_join, latest_join and zip.
#pragma once

#include <levada/core/pack.hpp>
#include <levada/op/when_full.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace levada::inline v0 {

/// Where the events of both streams say their keys, which are of one type: on(&order::customer, &payment::payer).
template <class Left, class Right>
struct join_keys {
  pack<Left, Right> of;
};
template <class Left, class Right>
constexpr auto on(Left left, Right right) {
  return join_keys<Left, Right>{{{std::move(left)}, {std::move(right)}}};
}

/// Which events are emitted that found no partner. With `left` combine is called as (const Left&, const Right*), with `outer` as
/// (const Left*, const Right*); the pointer to what there is not is null.
enum class join_kind : std::uint8_t { inner, left, outer };

/// How many events of each stream a join holds, all keys together.
struct buffers {
  std::uint32_t left = 65'536;
  std::uint32_t right = 65'536;
  when_full full = when_full::drop_oldest;  ///< the newest meets those that are held, and is not held itself
};

/// Two events side by side: what a join emits without a combine. One that may be missing is a std::optional.
template <class Left, class Right>
struct joined {
  Left left;
  Right right;

  friend bool operator==(const joined&, const joined&) = default;
};

/// What a join puts aside: an event of one of the streams.
template <class Left, class Right>
using unjoined = joined<std::optional<Left>, std::optional<Right>>;

}  // namespace levada::inline v0
