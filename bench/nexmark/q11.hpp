// SPDX-License-Identifier: BSL-1.0
// q11: how often a user bids in one session, which ends when he has not bid for ten seconds.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/session_window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstdint>

namespace bench::nexmark {

struct q11 {
  static constexpr auto name = "q11";
  static constexpr lv::duration gap = 10_s;
  struct result {
    lv::timestamp end{}, start{};
    std::uint64_t bidder = 0, bids = 0;
    bool operator==(const result&) const = default;
  };
  static constexpr auto counted = [](const auto& row) {
    return result{row.end, row.start, row.key, row.template get<lv::count>()};
  };

  static auto flow(const model& m, auto sink) {
    return lv::flow(lv::from(lv::input<event>()) | in_time(m) | bids() | lv::key_by(&bid::bidder, {.bound = m.people()}) |
                    lv::session_window<gap>(lv::at(&bid::time), lv::aggregate<lv::count>(&bid::price)) | lv::map(counted) |
                    lv::to(sink));
  }
};

}  // namespace bench::nexmark
