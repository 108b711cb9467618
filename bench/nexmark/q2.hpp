// SPDX-License-Identifier: BSL-1.0
// q2: bids for certain auctions.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstdint>

namespace bench::nexmark {

struct q2 {
  static constexpr auto name = "q2";
  struct result {
    std::uint64_t auction, price;
    bool operator==(const result&) const = default;
  };

  static auto flow(const model&, auto sink) {
    return lv::flow(lv::from(lv::input<event>()) | bids() | lv::filter([](const bid& b) { return b.auction % 123 == 0; }) |
                    lv::map([](const bid& b) { return result{b.auction, b.price}; }) | lv::to(sink));
  }
};

}  // namespace bench::nexmark
