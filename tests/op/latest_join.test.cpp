// SPDX-License-Identifier: BSL-1.0
#include <levada/op/latest_join.hpp>

#include "../support/two_streams.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::arrival;
using support::order;
using support::payment;

namespace {

// Orders look at payments as if those were a table.
using pair = lv::joined<order, payment>;
using pair_or_not = lv::joined<order, std::optional<payment>>;
constexpr auto by_customer = lv::on(&order::customer, &payment::payer);

template <lv::join_kind Kind = lv::join_kind::inner>
auto latest(lv::keys keys = {}) {
  return support::bound(lv::latest_join<"join", Kind>(by_customer, keys));
}
template <std::uint32_t Versions, lv::join_kind Kind = lv::join_kind::inner>
auto versioned(lv::keys keys = {}) {
  return support::bound(
      lv::latest_join<"join", lv::versions{Versions}, Kind>(by_customer, lv::at(&order::time), lv::at(&payment::at), keys));
}

/// With a pencil: all rows of a key by time; those that are not among the last `versions` are forgotten.
struct naive {
  std::size_t versions;
  bool by_time;
  std::map<std::uint32_t, std::map<std::int64_t, payment>> rows{};
  std::vector<pair_or_not> results{};
  std::uint64_t dropped = 0;

  void take(const arrival& a) {
    if (a.kind == arrival::right) {
      auto& of_key = rows[a.p.payer];
      of_key[by_time ? a.p.at.ns : 0] = a.p;
      if (of_key.size() <= versions) return;
      if (of_key.begin()->second == a.p) ++dropped;
      of_key.erase(of_key.begin());
    } else if (a.kind == arrival::left) {
      auto& of_key = rows[a.o.customer];
      auto next = of_key.upper_bound(by_time ? a.o.time.ns : 0);
      results.push_back({a.o, next == of_key.begin() ? std::nullopt : std::optional(std::prev(next)->second)});
    }
  }
};
template <class Make>
void matches(Make make, std::size_t versions, bool by_time) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    CAPTURE(versions);
    const auto all = support::two_streams(3000, 300, 50_ms, 2_s, seed);
    naive reference{versions, by_time};
    for (const arrival& a : all) reference.take(a);
    std::vector<pair> with;
    std::vector<order> without;
    for (const pair_or_not& r : reference.results)
      if (r.right)
        with.push_back({r.left, *r.right});
      else
        without.push_back(r.left);
    const auto inner = support::run(make.template operator()<lv::join_kind::inner>(), all);
    CHECK(inner.results == with);
    CHECK(inner.asides == without);
    CHECK(inner.dropped == reference.dropped);
    CHECK(without.size() > 100);
    CHECK(support::run(make.template operator()<lv::join_kind::inner>(), all, false).dropped ==
          reference.dropped + without.size());
    const auto left = support::run(make.template operator()<lv::join_kind::left>(), all);
    CHECK(left.results == reference.results);
    CHECK(left.asides.empty());
  }
}

}  // namespace

TEST_CASE("each left event is emitted with the row of its key that came last; without one it goes aside, or alone") {
  matches([]<lv::join_kind Kind>() { return latest<Kind>(); }, 1, false);
}

TEST_CASE("by versions: with the last row that is valid from its time or before, of those that are remembered") {
  matches([]<lv::join_kind Kind>() { return versioned<1, Kind>(); }, 1, true);
  matches([]<lv::join_kind Kind>() { return versioned<2, Kind>(); }, 2, true);
  matches([]<lv::join_kind Kind>() { return versioned<7, Kind>(); }, 7, true);
}

TEST_CASE("a row of the same time takes the other's place") {
  const auto said = support::run(versioned<2>(), {{arrival::right, {}, {1, 1, {5}}, {}},
                                                  {arrival::right, {}, {1, 2, {7}}, {}},
                                                  {arrival::right, {}, {1, 3, {7}}, {}},
                                                  {arrival::right, {}, {1, 4, {5}}, {}},
                                                  {arrival::right, {}, {1, 5, {4}}, {}},
                                                  {arrival::left, {{7}, 1, 6}, {}, {}},
                                                  {arrival::left, {{6}, 1, 7}, {}, {}},
                                                  {arrival::left, {{4}, 1, 8}, {}, {}}});
  CHECK(said.results == std::vector<pair>{{{{7}, 1, 6}, {1, 3, {7}}}, {{{6}, 1, 7}, {1, 4, {5}}}});
  CHECK(said.asides == std::vector<order>{{{4}, 1, 8}});
  CHECK(said.dropped == 1);
}

TEST_CASE("events that find no row take no key's room; those that are emitted without one do") {
  std::vector<arrival> all;
  for (std::uint32_t k = 1; k <= 5; ++k) all.push_back({arrival::left, {{1}, k, k}, {}, {}});
  all.push_back({arrival::right, {}, {9, 9, {1}}, {}});
  const auto inner = support::run(latest<lv::join_kind::inner>({.bound = 2}), all);
  CHECK(inner.asides.size() == 5);
  CHECK(inner.dropped == 0);
  const auto left = support::run(latest<lv::join_kind::left>({.bound = 2}), all);
  CHECK(left.results.size() == 2);
  CHECK(left.slots == std::vector<std::uint32_t>{1, 2});
  CHECK(left.dropped == 4);
}

TEST_CASE("a key is forgotten when it had neither row nor event for so long, and its slot begins anew") {
  auto op = latest({.bound = 1, .idle = 10_s});
  support::written_by<decltype(op)> said;
  const support::writing_port<decltype(said)> port{&said};
  const auto at = [](std::int64_t s) { return lv::timestamp{(1000 + s) * 1'000'000'000}; };
  op.on(lv::start{}, port);
  op.on(lv::watermark{at(0)}, port);
  op.take<1>(payment{1, 1, at(0)}, port);
  for (std::int64_t s = 5; s <= 50; s += 5) {
    op.take<0>(order{at(s), 1, 2}, port);
    op.on(lv::watermark{at(s)}, port);
  }
  CHECK(said.results.size() == 10);
  CHECK(said.retired.empty());
  op.on(lv::watermark{at(80)}, port);
  CHECK(said.retired == std::vector<std::uint32_t>{1});
  op.take<0>(order{at(80), 1, 3}, port);
  CHECK(said.asides.size() == 1);
  op.take<1>(payment{2, 4, at(80)}, port);
  op.take<0>(order{at(80), 2, 5}, port);
  CHECK(said.results.size() == 11);
  CHECK(said.watermarks.size() == 12);
}

TEST_CASE("a key that takes over a slot finds nothing of the one before") {
  auto op = latest<lv::join_kind::left>({.bound = 1, .idle = 1_s});
  support::written_by<decltype(op)> said;
  const support::writing_port<decltype(said)> port{&said};
  op.on(lv::start{}, port);
  op.take<1>(payment{1, 1, {}}, port);
  op.on(lv::watermark{lv::timestamp{} + 10_s}, port);
  op.take<0>(order{{}, 2, 2}, port);
  REQUIRE(said.results.size() == 1);
  CHECK(!said.results[0].right);
}

TEST_CASE("the same stream: a row is there for the events that come after it") {
  auto op = support::bound<lv::inputs<order, order>>(lv::latest_join(
      lv::on(&order::customer, &order::customer), [](const order& a, const order& b) { return a.number - b.number; }));
  support::written<std::uint32_t, order> said;
  const support::writing_port<decltype(said)> port{&said};
  op.on(lv::start{}, port);
  for (std::uint32_t i = 0; i < 100; ++i) {
    op.take<0>(order{{}, i % 10, i}, port);
    op.take<1>(order{{}, i % 10, i}, port);
  }
  CHECK(said.results == std::vector<std::uint32_t>(90, 10));
}

TEST_CASE("the table goes on after a restart") {
  const auto all = support::two_streams(3000, 30, 50_ms, 1_s, 2);
  CHECK(support::goes_on_equally([] { return versioned<3>({.bound = 25, .idle = 5_s}); }, all));
}

TEST_CASE("in a flow, in spans of any length: what finds no row goes aside") {
  const auto all = support::two_streams(2000, 100, 20_ms, 1_s, 4);
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::vector<pair_or_not> output;
    naive reference{1, false};
    auto flow =
        lv::flow(lv::connect(lv::from<"orders">(lv::input<order>()), lv::from<"payments">(lv::input<payment>())) |
                 lv::latest_join<"join">(by_customer) | lv::aside(lv::to([&](const order& o) { output.push_back({o, {}}); })) |
                 lv::to([&](const pair& p) { output.push_back({p.left, p.right}); }));
    REQUIRE(flow.open());
    std::vector<order> orders;
    for (const arrival& a : all) {
      if (a.kind == arrival::left) {
        orders.push_back(a.o);
      } else if (a.kind == arrival::right) {
        reference.take(a);
        flow.push<"payments">(a.p);
      } else {
        support::in_spans(orders, length, [&](auto part) { flow.push<"orders">(part); });
        for (const order& o : orders) reference.take({arrival::left, o, {}, o.time});
        orders.clear();
        flow.raise_everywhere(lv::watermark{a.time});
      }
    }
    CHECK(output.size() > 800);
    reference.results.resize(std::min(reference.results.size(), output.size()));
    CHECK(output == reference.results);
  }
}
