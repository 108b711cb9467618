// SPDX-License-Identifier: BSL-1.0
#include <levada/op/interval_join.hpp>

#include "../support/two_streams.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <tuple>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::arrival;
using support::order;
using support::payment;

namespace {

using pair = lv::joined<order, payment>;

template <lv::late Left = lv::late::drop, lv::late Right = lv::late::drop>
auto join(lv::between offset, lv::keys keys = {}, lv::buffers room = {}) {
  return support::bound(lv::interval_join<"join">(lv::on(&order::customer, &payment::payer), lv::at<Left>(&order::time),
                                                  lv::at<Right>(&payment::at), offset, keys, room));
}

/// With a pencil: every event is held, and looked at by every other. What is full and what is late is judged as the contract
/// says.
struct naive {
  lv::between offset;
  lv::buffers room{};
  std::deque<order> left{};
  std::deque<payment> right{};
  lv::timestamp clock = lv::long_ago;
  std::vector<pair> results{};
  std::uint64_t dropped = 0;

  bool meet(const order& o, const payment& p) const {
    return o.customer == p.payer && p.at - o.time >= offset.first && p.at - o.time <= offset.last;
  }
  template <class E>
  void hold(std::deque<E>& side, std::size_t bound, const E& e) {
    if (side.size() == bound) {
      ++dropped;
      if (room.full == lv::when_full::drop_newest) return;
      side.pop_front();
    }
    side.push_back(e);
  }
  void take(const arrival& a) {
    if (a.kind == arrival::watermark) {
      if (a.time <= clock) return;
      clock = a.time;
      while (!left.empty() && left.front().time + offset.last < clock) left.pop_front();
      while (!right.empty() && right.front().at - offset.first < clock) right.pop_front();
    } else if (a.time < clock) {
      ++dropped;
    } else if (a.kind == arrival::left) {
      for (auto p = right.rbegin(); p != right.rend(); ++p)
        if (meet(a.o, *p)) results.push_back({a.o, *p});
      hold(left, room.left, a.o);
    } else {
      for (auto o = left.rbegin(); o != left.rend(); ++o)
        if (meet(*o, a.p)) results.push_back({*o, a.p});
      hold(right, room.right, a.p);
    }
  }
};
naive by_hand(lv::between offset, lv::buffers room, const std::vector<arrival>& all) {
  naive reference{offset, room};
  for (const arrival& a : all) reference.take(a);
  return reference;
}

constexpr lv::between intervals[] = {{-1_s, +1_s}, {0_s, 2_s}, {-3_s, -1_s}, {500_ms, 700_ms}, {0_s, 0_s}};

}  // namespace

TEST_CASE("every pair of a key in the interval is emitted, when its second event comes, the newest partner first") {
  for (const lv::between offset : intervals)
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(offset.first.ns);
      CAPTURE(seed);
      const auto all =
          support::two_streams(4000, 5, seed % 2 == 0 ? 100_ms : 20_ms, 300_ms, seed, seed == 3 ? -30'000'000'000 : 0);
      const naive reference = by_hand(offset, {}, all);
      const auto said = support::run(join(offset), all);
      CHECK(said.results == reference.results);
      CHECK(said.dropped == reference.dropped);
      CHECK(said.dropped > 10);  // some are late
      if (offset.first != offset.last) CHECK(said.results.size() > 100);
    }
}

TEST_CASE("all that meet are found, however little is held: what goes by the watermark could have met nobody") {
  const lv::between offset{-1_s, +1_s};
  const auto all = support::two_streams(3000, 3, 20_ms, 300_ms, 9);
  naive eternal{offset};
  lv::timestamp clock = lv::long_ago;
  for (const arrival& a : all) {
    if (a.kind == arrival::watermark)
      clock = std::max(clock, a.time);
    else if (a.time >= clock)
      eternal.take(a);
  }
  CHECK(support::run(join(offset), all).results == eternal.results);
}

TEST_CASE("of each stream no more is held than was said; the oldest goes, or the newest is not held") {
  for (const auto full : {lv::when_full::drop_oldest, lv::when_full::drop_newest})
    for (const std::uint32_t bound : {1u, 7u, 20u}) {
      CAPTURE(bound);
      const lv::buffers room{bound, bound + 1, full};
      const auto all = support::two_streams(4000, 3, 20_ms, 200_ms, 5);
      const naive reference = by_hand({-1_s, +1_s}, room, all);
      const auto said = support::run(join({-1_s, +1_s}, {}, room), all);
      CHECK(said.results == reference.results);
      CHECK(said.dropped == reference.dropped);
      CHECK(said.dropped > by_hand({-1_s, +1_s}, {}, all).dropped);
    }
}

TEST_CASE("a key that finds no room is dropped, and counted") {
  const auto said = support::run(
      join({-1_s, 1_s}, {.bound = 1}),
      {{arrival::left, {{5}, 1, 1}, {}, {5}}, {arrival::right, {}, {2, 2, {5}}, {5}}, {arrival::right, {}, {1, 3, {5}}, {5}}});
  CHECK(said.dropped == 1);
  CHECK(said.results == std::vector<pair>{{{{5}, 1, 1}, {1, 3, {5}}}});
}

TEST_CASE("a late event is dropped and counted, or put aside, with the slot of its key") {
  const std::vector<arrival> all{{arrival::left, {{5}, 1, 1}, {}, {5}},
                                 {arrival::watermark, {}, {}, {10}},
                                 {arrival::left, {{9}, 1, 2}, {}, {9}},
                                 {arrival::right, {}, {1, 3, {9}}, {9}},
                                 {arrival::right, {}, {1, 4, {10}}, {10}}};
  const auto dropping = support::run(join({-1_s, 1_s}), all);
  CHECK(dropping.dropped == 2);
  CHECK(dropping.results.size() == 1);
  const auto aside = support::run(join<lv::late::aside, lv::late::aside>({-1_s, 1_s}), all);
  CHECK(aside.dropped == 0);
  REQUIRE(aside.asides.size() == 2);
  CHECK(aside.asides[0].left == order{{9}, 1, 2});
  CHECK(!aside.asides[0].right);
  CHECK(!aside.asides[1].left);
  CHECK(aside.asides[1].right == payment{1, 3, {9}});
  CHECK(support::run(join<lv::late::aside, lv::late::aside>({-1_s, 1_s}), all, false).dropped == 2);
}

TEST_CASE("watermarks go on later by the length of the interval: of no result either time is late below") {
  for (const lv::between offset : intervals) {
    const auto all = support::two_streams(2000, 3, 50_ms, 300_ms, 3);
    auto op = join(offset);
    support::written_by<decltype(op)> said;
    const support::writing_port<decltype(said)> port{&said};
    op.on(lv::start{}, port);
    for (const arrival& a : all) {
      support::feed(op, a, port);
      const std::int64_t clock = said.watermarks.empty() ? INT64_MIN : said.watermarks.back();
      for (const pair& p : said.results) {
        CHECK(p.left.time.ns >= clock);
        CHECK(p.right.at.ns >= clock);
      }
      said.results.clear();
    }
    CHECK(std::ranges::is_sorted(said.watermarks));
  }
}

TEST_CASE("the ends of the scale are compared right") {
  const auto said = support::run(join({-1_s, 1_s}), {{arrival::left, {lv::long_ago, 1, 1}, {}, lv::long_ago},
                                                     {arrival::right, {}, {1, 2, lv::never}, lv::never},
                                                     {arrival::left, {lv::never, 1, 3}, {}, lv::never},
                                                     {arrival::right, {}, {1, 4, lv::long_ago}, lv::long_ago}});
  REQUIRE(said.results.size() == 2);
  CHECK(said.results[0].left.number == 3);
  CHECK(said.results[0].right.number == 2);
  CHECK(said.results[1].left.number == 1);
  CHECK(said.results[1].right.number == 4);
}

TEST_CASE("a key that the watermark has left behind is retired below, and its slot begins anew") {
  const lv::timestamp now{100'000'000'000};
  auto op = join({-1_s, 1_s}, {.bound = 1, .idle = 2_s});
  support::written_by<decltype(op)> said;
  const support::writing_port<decltype(said)> port{&said};
  op.on(lv::start{}, port);
  op.take<0>(order{now, 1, 1}, port);
  op.on(lv::watermark{now + 2_s}, port);
  CHECK(said.retired.empty());
  op.take<1>(payment{2, 2, now + 2_s}, port);
  CHECK(said.dropped == 1);
  op.on(lv::watermark{now + 5_s}, port);
  CHECK(said.retired == std::vector<std::uint32_t>{1});
  op.take<1>(payment{2, 3, now + 5_s}, port);
  op.take<0>(order{now + 5_s, 2, 4}, port);
  CHECK(said.dropped == 1);
  REQUIRE(said.results.size() == 1);
  CHECK(said.results[0].left.number == 4);
  CHECK(said.slots == std::vector<std::uint32_t>{1});
}

TEST_CASE("keys that come and go do not change what is found") {
  const auto all = support::two_streams(6000, 40, 100_ms, 300_ms, 11);
  const naive reference = by_hand({-1_s, +1_s}, {}, all);
  const auto said = support::run(join({-1_s, +1_s}, {.bound = 1024, .idle = 1_ms}), all);
  CHECK(said.results == reference.results);
  CHECK(said.retired.size() > 100);
}

TEST_CASE("a stream meets itself: each event is its own partner, and every other one twice") {
  auto op = support::bound<lv::inputs<order, order>>(
      lv::interval_join(lv::on(&order::customer, &order::customer), lv::at(&order::time), lv::at(&order::time), {0_s, 1_s},
                        [](const order& a, const order& b) { return std::int64_t{a.number} * 100'000 + b.number; }));
  support::written<std::int64_t, lv::unjoined<order, order>> said;
  const support::writing_port<decltype(said)> port{&said};
  op.on(lv::start{}, port);
  std::vector<order> kept;
  lv::timestamp clock = lv::long_ago;
  for (const arrival& a : support::two_streams(2000, 3, 50_ms, 200_ms, 8)) {
    if (a.kind == arrival::watermark) {
      op.on(lv::watermark{a.time}, port);
      clock = std::max(clock, a.time);
    } else if (a.kind == arrival::left) {
      op.take<0>(a.o, port);
      op.take<1>(a.o, port);
      if (a.time >= clock) kept.push_back(a.o);
    }
  }
  std::vector<std::int64_t> expected;
  for (const order& a : kept)
    for (const order& b : kept)
      if (a.customer == b.customer && b.time >= a.time && b.time <= a.time + 1_s)
        expected.push_back(std::int64_t{a.number} * 100'000 + b.number);
  std::ranges::sort(said.results);
  std::ranges::sort(expected);
  CHECK(said.results == expected);
}

TEST_CASE("what is held goes on after a restart") {
  const auto all = support::two_streams(3000, 5, 30_ms, 200_ms, 2);
  CHECK(support::goes_on_equally([] { return join({-1_s, 1_s}, {.bound = 8, .idle = 2_s}, {64, 64}); }, all));
}

TEST_CASE("in a flow: connected streams, keyed or not, in spans of any length, with what is late aside") {
  const auto all = support::two_streams(5000, 5, 20_ms, 300_ms, 4);
  std::vector<order> orders;
  std::vector<payment> payments;
  for (const arrival& a : all) {
    if (a.kind == arrival::left) orders.push_back(a.o);
    if (a.kind == arrival::right) payments.push_back(a.p);
  }
  // Piece by piece: so many of one stream, as many of the other, a watermark.
  constexpr std::size_t piece = 200;
  std::vector<pair> first;
  std::vector<order> first_late;
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::vector<pair> output;
    std::vector<order> late;
    naive reference{{-1_s, +1_s}};
    auto flow =
        lv::flow("orders"_s = lv::from<"orders">(lv::input<order>()) |
                              lv::key_by([](const order& o) { return o.number; }, {.bound = 10'000}),
                 "payments"_s = lv::from<"payments">(lv::input<payment>()),
                 lv::connect("orders"_s, "payments"_s) |
                     lv::interval_join<"join">(lv::on(&order::customer, &payment::payer), lv::at<lv::late::aside>(&order::time),
                                               lv::at(&payment::at), lv::between{-1_s, +1_s}, {.bound = 16}) |
                     lv::aside(lv::to([&](const lv::unjoined<order, payment>& one) { late.push_back(*one.left); })) |
                     lv::to([&](const pair& p) { output.push_back(p); }));
    REQUIRE(flow.open());
    for (std::size_t at = 0; at + piece <= std::min(orders.size(), payments.size()); at += piece) {
      const std::vector<order> some(orders.begin() + static_cast<std::ptrdiff_t>(at),
                                    orders.begin() + static_cast<std::ptrdiff_t>(at + piece));
      const std::vector<payment> others(payments.begin() + static_cast<std::ptrdiff_t>(at),
                                        payments.begin() + static_cast<std::ptrdiff_t>(at + piece));
      support::in_spans(some, length, [&](auto part) { flow.push<"orders">(part); });
      support::in_spans(others, length, [&](auto part) { flow.push<"payments">(part); });
      flow.raise_everywhere(lv::watermark{some.back().time});
      for (const order& o : some) reference.take({arrival::left, o, {}, o.time});
      for (const payment& p : others) reference.take({arrival::right, {}, p, p.at});
      reference.take({arrival::watermark, {}, {}, some.back().time});
    }
    flow.finish();
    CHECK(output == reference.results);
    CHECK(output.size() > 100);
    CHECK(flow.counts<"join">().dropped + late.size() == reference.dropped);
    CHECK(late.size() > 0);
    if (length == support::span_lengths[0]) first = output, first_late = late;
    CHECK(output == first);
    CHECK(late == first_late);
  }
}
