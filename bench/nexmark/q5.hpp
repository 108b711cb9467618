// SPDX-License-Identifier: BSL-1.0
// q5: hot items: the auctions with the most bids in ten seconds, every two.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/flat_map.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/top.hpp>
#include <levada/op/unkey.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstddef>
#include <cstdint>

namespace bench::nexmark {

struct q5 {
  static constexpr auto name = "q5";
  static constexpr lv::duration size = 10_s, slide = 2_s;
  static constexpr std::size_t most = 16;  // of auctions that have the same number of bids
  struct result {
    lv::timestamp end{};
    std::uint64_t auction = 0, bids = 0;
    bool operator==(const result&) const = default;
  };
  static constexpr auto counted = [](const auto& row) { return result{row.end, row.key, row.template get<lv::count>()}; };
  static constexpr auto last_moment = [](const result& r) { return r.end - 1_ns; };
  static constexpr auto hottest = [](const auto& row) {
    lv::shortlist<result, most> all = row.template get<lv::top<most>>();
    while (all[all.size() - 1].bids < all[0].bids) --all.length;
    return all;
  };

  static auto flow(const model& m, auto sink) {
    return lv::flow(lv::from(lv::input<event>()) | in_time(m) | bids() | lv::key_by(&bid::auction, {.bound = m.auctions()}) |
                    lv::window<lv::sliding{size, slide}>(lv::at(&bid::time), lv::aggregate<lv::count>(&bid::price)) |
                    lv::map(counted) | lv::unkey() |
                    // At the end of the stream all windows that were open come at once.
                    lv::window<lv::tumbling{slide}>(lv::at(last_moment), lv::ahead{size + slide * 2},
                                                    lv::aggregate<lv::top<most>>(lv::by(&result::bids))) |
                    lv::flat_map(hottest) | lv::to(sink));
  }
};

}  // namespace bench::nexmark
