// SPDX-License-Identifier: BSL-1.0
// q3: who sells in certain states, and what: people beside their auctions, whichever comes first, within a day.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/interval_join.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstdint>

namespace bench::nexmark {

struct q3 {
  static constexpr auto name = "q3";
  struct result {
    lv::text<16> name, city;
    lv::text<4> state;
    std::uint64_t auction = 0;
    bool operator==(const result&) const = default;
  };
  static bool is_near(const person& p) { return p.state == "OR" || p.state == "ID" || p.state == "CA"; }
  static bool is_wanted(const auction& a) { return a.category == 10; }
  static result joined(const person& p, const auction& a) { return {p.name, p.city, p.state, a.id}; }

  static auto flow(const model& m, auto sink) {
    return lv::flow("events"_s = lv::from(lv::input<event>()) | in_time(m),
                    lv::connect("events"_s | people() | lv::filter(is_near), "events"_s | auctions() | lv::filter(is_wanted)) |
                        lv::interval_join(lv::on(&person::id, &auction::seller), lv::at(&person::time), lv::at(&auction::time),
                                          lv::between{-24_h, 24_h}, joined, {.bound = m.people()},
                                          {.left = m.people(), .right = m.auctions()}) |
                        lv::to(sink));
  }
};

}  // namespace bench::nexmark
