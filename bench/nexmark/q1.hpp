// SPDX-License-Identifier: BSL-1.0
// q1: what bids are in euros.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace bench::nexmark {

struct q1 {
  static constexpr auto name = "q1";
  using result = bid;

  static constexpr bid in_euros(const bid& b) { return {b.time, b.auction, b.bidder, b.price * 908 / 1000}; }

  static auto flow(const model&, auto sink) {
    return lv::flow(lv::from(lv::input<event>()) | bids() | lv::map(in_euros) | lv::to(sink));
  }
};

}  // namespace bench::nexmark
