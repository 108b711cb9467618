// SPDX-License-Identifier: BSL-1.0
// q6: what a seller's last ten auctions were sold for, on average, anew with each that is sold.
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

#include <array>
#include <cstdint>

namespace bench::nexmark {

struct q6 {
  static constexpr auto name = "q6";
  struct result {
    std::uint64_t seller = 0;
    double price = 0;
    bool operator==(const result&) const = default;
  };
  struct sales {
    std::array<std::uint64_t, 10> last{};
    std::uint64_t sold = 0, total = 0;
  };
  static result add(sales& s, const winner& w) {
    std::uint64_t& oldest = s.last[s.sold++ % s.last.size()];
    s.total += w.price - oldest;
    oldest = w.price;
    return {w.seller, static_cast<double>(s.total) / static_cast<double>(std::min<std::uint64_t>(s.sold, s.last.size()))};
  }

  static auto flow(const model& m, auto sink) {
    return lv::flow("events"_s = lv::from(lv::input<event>()) | in_time(m),
                    lv::connect("events"_s | auctions(), "events"_s | bids()) | winners(m) |
                        lv::key_by(&winner::seller, {.bound = m.people()}) | lv::scan(sales{}, add) | lv::to(sink));
  }
};

}  // namespace bench::nexmark
