// SPDX-License-Identifier: BSL-1.0
// winner: what each auction was sold for, when nobody can bid for it any more. q4 and q6 go on from it.
#pragma once

#include "../nexmark.hpp"

#include <levada/op/filter.hpp>
#include <levada/op/interval_join.hpp>
#include <levada/op/process.hpp>
#include <levada/op/unkey.hpp>

#include <cstdint>

namespace bench::nexmark {

/// The highest bid of an auction while it was open.
struct winner {
  lv::timestamp expires{};
  lv::timestamp time{};  // of the bid
  std::uint64_t seller = 0;
  std::uint64_t price = 0;
  std::uint32_t category = 0;
};

/// Continues connect(auctions, bids). Winners come in the order in which their auctions end.
inline auto winners(const model& m) {
  constexpr auto offer = [](const auction& a, const bid& b) { return winner{a.expires, b.time, a.seller, b.price, a.category}; };
  constexpr auto is_open = [](const winner& w) { return w.time <= w.expires; };
  constexpr auto outbid = [](winner& best, const winner& w, auto& context) {
    if (best.price == 0) context.set_timer(w.expires);
    if (best.price < w.price) best = w;
  };
  constexpr auto sell = [](const winner& best, lv::timestamp, auto& context) { context.emit(best); };
  return lv::interval_join(lv::on(&auction::id, &bid::auction), lv::at(&auction::time), lv::at(&bid::time),
                           lv::between{0_s, m.longest()}, offer, {.bound = m.auctions()},
                           {.left = m.within(m.longest()), .right = m.within({})}) |
         lv::filter(is_open) | lv::process<winner, lv::time_domain::event>(winner{}, outbid, sell) | lv::unkey();
}

}  // namespace bench::nexmark
