// SPDX-License-Identifier: BSL-1.0
// q8: new users who sell at once: people who came and opened an auction within the same ten seconds, each once.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/process.hpp>
#include <levada/op/window_join.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstdint>

namespace bench::nexmark {

struct q8 {
  static constexpr auto name = "q8";
  static constexpr lv::duration size = 10_s;
  struct result {
    std::uint64_t id = 0;
    lv::text<16> name{};
    std::int64_t window = 0;  // since 1970
    bool operator==(const result&) const = default;
  };
  static result joined(const person& p, const auction&) { return {p.id, p.name, lv::slot_of(p.time, size)}; }
  static constexpr auto once = [](bool& is_told, const result& r, auto& context) {
    if (!is_told) context.emit(r);
    is_told = true;
  };
  static constexpr auto no_alarm = [](bool&, lv::timestamp, auto&) {};

  static auto flow(const model& m, auto sink) {
    return lv::flow("events"_s = lv::from(lv::input<event>()) | in_time(m),
                    lv::connect("events"_s | people(), "events"_s | auctions()) |
                        lv::window_join<"", lv::tumbling{size}>(lv::on(&person::id, &auction::seller), lv::at(&person::time),
                                                                lv::at(&auction::time), joined, {.bound = m.people()}) |
                        lv::process<result>(false, once, no_alarm) | lv::to(sink));
  }
};

}  // namespace bench::nexmark
