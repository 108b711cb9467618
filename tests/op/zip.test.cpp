// SPDX-License-Identifier: BSL-1.0
#include <levada/op/zip.hpp>

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
#include <cstdlib>
#include <deque>
#include <map>
#include <tuple>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::arrival;
using support::order;
using support::payment;

namespace {

using pair = lv::joined<order, payment>;
using one = lv::unjoined<order, payment>;

template <lv::late Late = lv::late::drop>
auto zip_all(lv::duration tolerance, std::uint32_t bound = 65'536) {
  return support::bound(lv::zip<"zip">(lv::at<Late>(&order::time), lv::at<Late>(&payment::at), tolerance, bound));
}
auto zip_keys(lv::duration tolerance, lv::keys keys = {}, std::uint32_t bound = 65'536) {
  return support::bound(lv::zip<"zip">(lv::on(&order::customer, &payment::payer), lv::at(&order::time), lv::at(&payment::at),
                                       tolerance, keys, bound));
}

/// Both streams without what is late, sorted by time, and gone through once.
struct naive {
  std::vector<pair> pairs{};
  std::vector<one> alone{};
  std::uint64_t late = 0;
};
naive by_hand(const std::vector<arrival>& all, std::int64_t tolerance, bool by_key) {
  naive result;
  struct lists {
    std::deque<order> left;
    std::deque<payment> right;
  };
  std::map<std::uint32_t, lists> of_key;
  const auto insert = [](auto& list, const auto& e, auto time) {
    list.insert(std::ranges::upper_bound(list, e.*time, {}, time), e);
  };
  lv::timestamp clock = lv::long_ago;
  for (const arrival& a : all) {
    if (a.kind == arrival::watermark)
      clock = std::max(clock, a.time);
    else if (a.time < clock)
      ++result.late;
    else if (a.kind == arrival::left)
      insert(of_key[by_key ? a.o.customer : 0].left, a.o, &order::time);
    else
      insert(of_key[by_key ? a.p.payer : 0].right, a.p, &payment::at);
  }
  for (auto& [key, own] : of_key) {
    auto& [left, right] = own;
    while (!left.empty() || !right.empty()) {
      const std::int64_t l = left.empty() ? INT64_MAX : left[0].time.ns, r = right.empty() ? INT64_MAX : right[0].at.ns;
      const std::int64_t away = left.empty() || right.empty() ? INT64_MAX : std::abs(l - r);
      const bool left_is_first = l <= r;
      bool nearer = false;
      if (left_is_first && left.size() > 1 && away <= tolerance) nearer = std::abs(left[1].time.ns - r) < away;
      if (!left_is_first && right.size() > 1 && away <= tolerance) nearer = std::abs(right[1].at.ns - l) < away;
      const bool meets = away <= tolerance && !nearer;
      if (meets)
        result.pairs.push_back({left[0], right[0]});
      else if (left_is_first)
        result.alone.push_back({left[0], {}});
      else
        result.alone.push_back({{}, right[0]});
      if (meets || left_is_first) left.pop_front();
      if (meets || !left_is_first) right.pop_front();
    }
  }
  return result;
}
std::vector<pair> sorted(std::vector<pair> all) {
  std::ranges::sort(all, {}, [](const pair& p) { return std::tuple(p.left.number, p.right.number); });
  return all;
}
std::vector<one> sorted(std::vector<one> all) {
  std::ranges::sort(all, {}, [](const one& o) { return o.left ? o.left->number : o.right->number; });
  return all;
}
std::int64_t time_of(const pair& p) { return std::min(p.left.time, p.right.at).ns; }

}  // namespace

TEST_CASE("without keys: as if both streams were sorted and gone through once, whatever the disorder and the watermarks") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u})
    for (const lv::duration tolerance : {0_ms, 5_ms, 30_ms, 400_ms}) {
      CAPTURE(seed);
      CAPTURE(tolerance.ns);
      const auto all = support::two_streams(3000, 5, 20_ms, 200_ms, seed, seed == 3 ? -20'000'000'000 : 1'000'000'000'000);
      const naive reference = by_hand(all, tolerance.ns, false);
      const auto said = support::run(zip_all(tolerance), all);
      CHECK(said.results == reference.pairs);
      CHECK(said.asides == reference.alone);
      CHECK(said.dropped == reference.late);
      CHECK(reference.late > 10);
      if (tolerance.ns != 0) CHECK(said.results.size() > 100);
      CHECK(support::run(zip_all(tolerance), all, false).dropped == reference.late + reference.alone.size());
    }
}

TEST_CASE("by key: only events of one key meet, and pairs of all keys come in the order of time") {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const auto all = support::two_streams(4000, 6, 10_ms, 100_ms, seed);
    const naive reference = by_hand(all, 40'000'000, true);
    const auto said = support::run(zip_keys(40_ms), all);
    CHECK(sorted(said.results) == sorted(reference.pairs));
    CHECK(sorted(said.asides) == sorted(reference.alone));
    CHECK(std::ranges::is_sorted(said.results, {}, time_of));
    CHECK(said.results.size() > 300);
  }
}

TEST_CASE("the next one that is nearer takes the partner away; of two that are as near the earlier one has it") {
  const auto zip_of = [](std::vector<std::int64_t> left, std::vector<std::int64_t> right) {
    std::vector<arrival> all;
    for (const auto t : left) all.push_back({arrival::left, {{t}, 0, 0}, {}, {t}});
    for (const auto t : right) all.push_back({arrival::right, {}, {0, 0, {t}}, {t}});
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
    for (const pair& p : support::run(zip_all(10_ns), all).results) pairs.emplace_back(p.left.time.ns, p.right.at.ns);
    return pairs;
  };
  using pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;
  CHECK(zip_of({0, 8}, {5}) == pairs{{8, 5}});
  CHECK(zip_of({0, 10}, {5}) == pairs{{0, 5}});
  CHECK(zip_of({0}, {10}) == pairs{{0, 10}});
  CHECK(zip_of({0}, {11}).empty());
  CHECK(zip_of({5}, {0, 6}) == pairs{{5, 6}});
  CHECK(zip_of({1, 2, 3}, {1, 2, 3}) == pairs{{1, 1}, {2, 2}, {3, 3}});
}

TEST_CASE("a pair is emitted when the watermark is two tolerances beyond its earlier event, before that watermark goes on") {
  auto op = zip_all(10_ns);
  support::written_by<decltype(op)> said;
  const support::writing_port<decltype(said)> port{&said};
  op.on(lv::start{}, port);
  op.take<0>(order{{100}, 0, 1}, port);
  op.take<1>(payment{0, 2, {105}}, port);
  op.on(lv::watermark{{120}}, port);
  CHECK(said.results.empty());
  op.on(lv::watermark{{121}}, port);
  CHECK(said.results.size() == 1);
  op.on(lv::watermark{{121}}, port);
  CHECK(said.watermarks == std::vector<std::int64_t>{100, 101, 101});  // what is said again goes on: the stream resumes
  op.take<0>(order{lv::never, 0, 3}, port);
  op.take<0>(order{{121}, 0, 4}, port);
  support::end(op, port);
  CHECK(said.asides == std::vector<one>{{order{{121}, 0, 4}, {}}, {order{lv::never, 0, 3}, {}}});
}

TEST_CASE("late events go aside with the others where that is the policy") {
  const auto all = support::two_streams(2000, 5, 20_ms, 200_ms, 6);
  const naive reference = by_hand(all, 10'000'000, false);
  const auto said = support::run(zip_all<lv::late::aside>(10_ms), all);
  CHECK(said.asides.size() == reference.alone.size() + reference.late);
  CHECK(said.dropped == 0);
}

TEST_CASE("what finds no room is dropped and counted, and room comes back") {
  auto op = zip_all(0_ns, 2);
  support::written_by<decltype(op)> said;
  const support::writing_port<decltype(said)> port{&said};
  op.on(lv::start{}, port);
  for (std::int64_t round = 0; round < 50; ++round) {
    for (std::int64_t i = 3; i > 0; --i) op.take<0>(order{{10 * round + i}, 0, 0}, port);
    for (std::int64_t i = 1; i <= 2; ++i) op.take<1>(payment{0, 0, {10 * round + i}}, port);
    op.on(lv::watermark{{10 * round + 9}}, port);
  }
  CHECK(said.dropped == 50);
  CHECK(said.results.size() == 50);
  CHECK(said.asides.size() == 100);
}

TEST_CASE("a key that the watermark has left behind is retired, and changes nothing") {
  const auto all = support::two_streams(5000, 60, 100_ms, 300_ms, 11);
  for (const lv::duration tolerance : {100_ms, 2_s}) {
    const auto said = support::run(zip_keys(tolerance, {.bound = 1000, .idle = 1_ms}), all);
    const auto eternal = support::run(zip_keys(tolerance), all);
    CHECK(said.retired.size() > 10);
    CHECK(sorted(said.results) == sorted(eternal.results));
    CHECK(sorted(said.asides) == sorted(eternal.asides));
    CHECK(support::run(zip_keys(tolerance, {.bound = 3}), all).dropped > eternal.dropped);
  }
}

TEST_CASE("a stream meets itself: each event its own twin") {
  auto op = support::bound<lv::inputs<order, order>>(lv::zip(lv::at(&order::time), lv::at(&order::time), 1_s));
  support::written<lv::joined<order, order>, lv::unjoined<order, order>> said;
  const support::writing_port<decltype(said)> port{&said};
  op.on(lv::start{}, port);
  std::size_t kept = 0;
  for (std::uint32_t i = 0; i < 500; ++i) {
    const order o{{1000 * (i ^ 3)}, 0, i};
    op.take<0>(o, port);
    op.take<1>(o, port);
    ++kept;
  }
  support::end(op, port);
  CHECK(said.results.size() == kept);
  CHECK(std::ranges::all_of(said.results, [](const auto& p) { return p.left == p.right; }));
}

TEST_CASE("what waits goes on after a restart") {
  const auto all = support::two_streams(3000, 5, 20_ms, 200_ms, 2);
  CHECK(support::goes_on_equally([] { return zip_keys(200_ms, {.bound = 8, .idle = 2_s}, 64); }, all));
  CHECK(support::goes_on_equally([] { return zip_all(200_ms); }, all));
}

TEST_CASE("in a flow, in spans of any length; what comes of it without keys can be given one") {
  const auto all = support::two_streams(3000, 5, 20_ms, 100_ms, 4);
  std::vector<pair> first;
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::vector<pair> output;
    std::vector<one> alone;
    auto flow =
        lv::flow(lv::connect(lv::from<"orders">(lv::input<order>()), lv::from<"payments">(lv::input<payment>())) |
                 lv::zip<"zip">(lv::at(&order::time), lv::at(&payment::at), 30_ms) |
                 lv::aside(lv::to([&](const one& o) { alone.push_back(o); })) |
                 lv::key_by([](const pair& p) { return p.left.customer; }) | lv::to([&](const pair& p) { output.push_back(p); }));
    REQUIRE(flow.open());
    std::vector<order> orders;
    for (const arrival& a : all) {
      if (a.kind == arrival::left) {
        orders.push_back(a.o);
      } else if (a.kind == arrival::right) {
        flow.push<"payments">(a.p);
      } else {
        support::in_spans(orders, length, [&](auto part) { flow.push<"orders">(part); });
        orders.clear();
        flow.raise_everywhere(lv::watermark{a.time});
      }
    }
    support::in_spans(orders, length, [&](auto part) { flow.push<"orders">(part); });
    flow.finish();
    const naive reference = by_hand(all, 30'000'000, false);
    CHECK(output == reference.pairs);
    CHECK(alone == reference.alone);
  }
}
