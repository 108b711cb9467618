// SPDX-License-Identifier: BSL-1.0
// q4: what things of a category are sold for, on average, anew with each that is sold.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/scan.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include "winner.hpp"

#include <cstdint>

namespace bench::nexmark {

struct q4 {
  static constexpr auto name = "q4";
  struct result {
    std::uint32_t category = 0;
    double price = 0;
    bool operator==(const result&) const = default;
  };
  struct sales {
    std::uint64_t sold = 0, total = 0;
  };
  static result add(sales& s, const winner& w) {
    s.total += w.price;
    return {w.category, static_cast<double>(s.total) / static_cast<double>(++s.sold)};
  }

  static auto flow(const model& m, auto sink) {
    return lv::flow("events"_s = lv::from(lv::input<event>()) | in_time(m),
                    lv::connect("events"_s | auctions(), "events"_s | bids()) | winners(m) |
                        lv::key_by(&winner::category, lv::dense_keys{model::first_category + model::categories}) |
                        lv::scan(sales{}, add) | lv::to(sink));
  }
};

}  // namespace bench::nexmark
