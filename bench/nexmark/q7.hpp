// SPDX-License-Identifier: BSL-1.0
// q7: the highest bid of every ten seconds; of equal ones the first.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/map.hpp>
#include <levada/op/top.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace bench::nexmark {

struct q7 {
  static constexpr auto name = "q7";
  static constexpr lv::duration size = 10_s;
  struct result {
    lv::timestamp end{};
    bid highest{};
    bool operator==(const result&) const = default;
  };
  static constexpr auto highest = [](const auto& row) { return result{row.end, row.template get<lv::top<1>>()[0]}; };

  static auto flow(const model& m, auto sink) {
    return lv::flow(lv::from(lv::input<event>()) | in_time(m) | bids() |
                    lv::window<lv::tumbling{size}>(lv::at(&bid::time), lv::aggregate<lv::top<1>>(lv::by(&bid::price))) |
                    lv::map(highest) | lv::to(sink));
  }
};

}  // namespace bench::nexmark
