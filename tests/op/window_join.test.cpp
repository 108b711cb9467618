// SPDX-License-Identifier: BSL-1.0
#include <levada/op/window_join.hpp>

#include "../support/two_streams.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::arrival;
using support::order;
using support::payment;

namespace {

/// Any kind of join gives the numbers of both, 0 where there is none.
using numbers = lv::joined<std::uint32_t, std::uint32_t>;
struct to_numbers {
  numbers operator()(const order& o, const payment& p) const { return {o.number, p.number}; }
  numbers operator()(const order& o, const payment* p) const { return {o.number, p == nullptr ? 0 : p->number}; }
  numbers operator()(const order* o, const payment* p) const {
    return {o == nullptr ? 0 : o->number, p == nullptr ? 0 : p->number};
  }
};

template <lv::tumbling<lv::duration> Window, lv::join_kind Kind>
auto join(lv::keys keys = {}, lv::buffers room = {}) {
  return support::bound(lv::window_join<"join", Window, Kind>(lv::on(&order::customer, &payment::payer), lv::at(&order::time),
                                                              lv::at(&payment::at), to_numbers{}, keys, room));
}

/// With a pencil: all events of the run, and for each whether it is held and has met somebody.
struct naive {
  std::int64_t size;
  lv::join_kind kind;
  lv::buffers room{};
  template <class E>
  struct entry {
    E e;
    std::int64_t window;
    bool met = false;
  };
  std::deque<entry<order>> left{};
  std::deque<entry<payment>> right{};
  lv::timestamp clock = lv::long_ago;
  std::vector<numbers> results{};
  std::uint64_t dropped = 0;

  std::int64_t window_of(lv::timestamp t) const { return lv::slot_of(t, lv::duration{size}); }
  bool has_ended(std::int64_t window) const { return (window + 1) * size <= clock.ns; }
  template <class Side, class E>
  void hold(Side& side, std::size_t bound, const E& e) {
    if (side.size() == bound) {
      ++dropped;
      if (room.full == lv::when_full::drop_newest) return;
      side.pop_front();
    }
    side.push_back(e);
  }
  void alone(bool all) {
    if (kind != lv::join_kind::inner)
      for (auto& o : left)
        if (!o.met && (all || has_ended(o.window))) o.met = true, results.push_back({o.e.number, 0});
    if (kind == lv::join_kind::outer)
      for (auto& p : right)
        if (!p.met && (all || has_ended(p.window))) p.met = true, results.push_back({0, p.e.number});
  }
  void take(const arrival& a) {
    if (a.kind == arrival::watermark) {
      if (a.time <= clock) return;
      clock = a.time;
      alone(false);
      while (!left.empty() && has_ended(left.front().window)) left.pop_front();
      while (!right.empty() && has_ended(right.front().window)) right.pop_front();
      return;
    }
    const std::int64_t window = window_of(a.time);
    if (has_ended(window)) {
      ++dropped;
    } else if (a.kind == arrival::left) {
      entry<order> own{a.o, window};
      for (auto p = right.rbegin(); p != right.rend(); ++p)
        if (p->window == window && p->e.payer == a.o.customer)
          own.met = p->met = true, results.push_back({a.o.number, p->e.number});
      hold(left, room.left, own);
    } else {
      entry<payment> own{a.p, window};
      for (auto o = left.rbegin(); o != left.rend(); ++o)
        if (o->window == window && o->e.customer == a.p.payer)
          own.met = o->met = true, results.push_back({o->e.number, a.p.number});
      hold(right, room.right, own);
    }
  }
};

template <lv::tumbling<lv::duration> Window, lv::join_kind Kind>
void matches(std::uint64_t seed, std::int64_t begin, lv::buffers room = {}) {
  CAPTURE(Window.size.ns);
  CAPTURE(static_cast<int>(Kind));
  CAPTURE(seed);
  const auto all = support::two_streams(4000, 20, 100_ms, 700_ms, seed, begin);
  naive reference{Window.size.ns, Kind, room};
  for (const arrival& a : all) reference.take(a);
  reference.alone(true);
  const auto said = support::run(join<Window, Kind>({}, room), all);
  CHECK(said.results == reference.results);
  CHECK(said.dropped == reference.dropped);
  CHECK(said.results.size() > 200);
  CHECK(said.ends == 1);
}
template <lv::join_kind Kind>
void kind_matches() {
  for (const std::uint64_t seed : {1u, 2u, 3u})
    for (const std::int64_t begin : {std::int64_t{1'700'000'000'000'000'000}, std::int64_t{-100'000'000'000}}) {
      matches<lv::tumbling{1_s}, Kind>(seed, begin);
      matches<lv::tumbling{3_s}, Kind>(seed, begin);
      matches<lv::tumbling{10_s}, Kind>(seed, begin, {50, 40, lv::when_full::drop_oldest});
      matches<lv::tumbling{10_s}, Kind>(seed, begin, {50, 40, lv::when_full::drop_newest});
    }
}

}  // namespace

TEST_CASE("every pair of a key in a window is emitted when its second event comes, the newest partner first") {
  kind_matches<lv::join_kind::inner>();
}

TEST_CASE("left events that met nobody follow at the end of their window, in the order in which they came") {
  kind_matches<lv::join_kind::left>();
}

TEST_CASE("outer: right events that met nobody follow them") { kind_matches<lv::join_kind::outer>(); }

TEST_CASE("a window ends when the watermark reaches its end; until then nothing in it is late") {
  const auto said = support::run(join<lv::tumbling{10_s}, lv::join_kind::inner>(),
                                 {{arrival::watermark, {}, {}, {19'999'999'999}},
                                  {arrival::left, {{10}, 1, 1}, {}, {10}},
                                  {arrival::left, {{10'000'000'000}, 1, 2}, {}, {10'000'000'000}},
                                  {arrival::right, {}, {1, 3, {19'999'999'999}}, {19'999'999'999}},
                                  {arrival::right, {}, {1, 4, {20'000'000'000}}, {20'000'000'000}},
                                  {arrival::watermark, {}, {}, {20'000'000'000}},
                                  {arrival::right, {}, {1, 5, {19'999'999'999}}, {19'999'999'999}}});
  CHECK(said.results == std::vector<numbers>{{2, 3}});
  CHECK(said.dropped == 2);
  CHECK(said.watermarks == std::vector<std::int64_t>{10'000'000'000, 20'000'000'000});
}

TEST_CASE("what is emitted is not late below, alone or not: watermarks go on as the beginning of their window") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto all = support::two_streams(3000, 20, 100_ms, 700_ms, seed);
    auto op = support::bound(lv::window_join<"join", lv::tumbling{2_s}, lv::join_kind::outer>(
        lv::on(&order::customer, &payment::payer), lv::at(&order::time), lv::at(&payment::at)));
    support::written_by<decltype(op)> said;
    const support::writing_port<decltype(said)> port{&said};
    op.on(lv::start{}, port);
    std::int64_t clock = INT64_MIN;
    for (const arrival& a : all) {
      support::feed(op, a, port);
      for (const auto& r : said.results) {
        if (r.left) CHECK(r.left->time.ns >= clock);
        if (r.right) CHECK(r.right->at.ns >= clock);
      }
      said.results.clear();
      if (!said.watermarks.empty()) clock = said.watermarks.back();
    }
    CHECK(std::ranges::is_sorted(said.watermarks));
    CHECK(said.watermarks.size() > 10);
  }
}

TEST_CASE("without a combine: both side by side, and what may be missing is optional") {
  const std::vector<arrival> all{{arrival::left, {{5}, 1, 1}, {}, {5}}, {arrival::right, {}, {2, 2, {5}}, {5}}};
  const auto with = [&]<lv::join_kind Kind>() {
    return support::run(support::bound(lv::window_join<"", lv::tumbling{1_s}, Kind>(lv::on(&order::customer, &payment::payer),
                                                                                    lv::at(&order::time), lv::at(&payment::at))),
                        all);
  };
  CHECK(with.template operator()<lv::join_kind::inner>().results.empty());
  CHECK(with.template operator()<lv::join_kind::left>().results ==
        std::vector<lv::joined<order, std::optional<payment>>>{{all[0].o, {}}});
  CHECK(with.template operator()<lv::join_kind::outer>().results ==
        std::vector<lv::unjoined<order, payment>>{{all[0].o, {}}, {{}, all[1].p}});
}

TEST_CASE("keys that come and go change nothing, and what was alone goes before its key") {
  const auto all = support::two_streams(6000, 60, 100_ms, 300_ms, 7);
  naive reference{1'000'000'000, lv::join_kind::outer};
  for (const arrival& a : all) reference.take(a);
  reference.alone(true);
  const auto said = support::run(join<lv::tumbling{1_s}, lv::join_kind::outer>({.bound = 1024, .idle = 1_ms}), all);
  CHECK(said.results == reference.results);
  CHECK(said.retired.size() > 100);
}

TEST_CASE("what is held goes on after a restart, met or not") {
  const auto all = support::two_streams(3000, 20, 50_ms, 200_ms, 2);
  CHECK(support::goes_on_equally(
      [] { return join<lv::tumbling{3_s}, lv::join_kind::outer>({.bound = 64, .idle = 2_s}, {64, 64}); }, all));
}

TEST_CASE("in a flow, in spans of any length") {
  const auto all = support::two_streams(3000, 20, 20_ms, 100_ms, 4);
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    std::vector<numbers> output;
    naive reference{1'000'000'000, lv::join_kind::left};
    auto flow =
        lv::flow(lv::connect(lv::from<"orders">(lv::input<order>()), lv::from<"payments">(lv::input<payment>())) |
                 lv::window_join<"join", lv::tumbling{1_s}, lv::join_kind::left>(
                     lv::on(&order::customer, &payment::payer), lv::at(&order::time), lv::at(&payment::at), to_numbers{}) |
                 lv::to([&](const numbers& n) { output.push_back(n); }));
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
        reference.take(a);
      }
    }
    flow.finish();
    reference.alone(true);
    CHECK(output == reference.results);
    CHECK(flow.counts<"join">().dropped == reference.dropped);
  }
}
