// SPDX-License-Identifier: BSL-1.0
// q12: how often a user bids in ten seconds of processing time.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstdint>

namespace bench::nexmark {

struct q12 {
  static constexpr auto name = "q12";
  static constexpr lv::duration size = 10_s;
  struct result {
    lv::timestamp end{};
    std::uint64_t bidder = 0, bids = 0;
    bool operator==(const result&) const = default;
  };
  static constexpr auto counted = [](const auto& row) { return result{row.end, row.key, row.template get<lv::count>()}; };

  static auto flow(const model& m, auto sink) {
    return lv::flow(lv::from(lv::input<event>()) | bids() | lv::key_by(&bid::bidder, {.bound = m.people()}) |
                    lv::window<lv::tumbling{size}>(lv::aggregate<lv::count>(&bid::price)) | lv::map(counted) | lv::to(sink));
  }
};

}  // namespace bench::nexmark
