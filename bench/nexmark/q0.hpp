// SPDX-License-Identifier: BSL-1.0
// q0: all bids, as they are: what it costs to be there.
#pragma once

#include "../nexmark.hpp"

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace bench::nexmark {

struct q0 {
  static constexpr auto name = "q0";
  using result = bid;

  static auto flow(const model&, auto sink) { return lv::flow(lv::from(lv::input<event>()) | bids() | lv::to(sink)); }
};

}  // namespace bench::nexmark
