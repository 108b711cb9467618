// SPDX-License-Identifier: BSL-1.0
// Every operator on two streams over a real checkpoint.
#include "../support/survival.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/event_time.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/interval_join.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/latest_join.hpp>
#include <levada/op/window_join.hpp>
#include <levada/op/with_broadcast.hpp>
#include <levada/op/zip.hpp>
#include <levada/rule/escalate.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::lines;
using support::note;

namespace {

struct order {
  lv::timestamp time{};
  std::uint32_t customer = 0;
  std::uint32_t number = 0;
};
struct payment {
  lv::timestamp at{};
  std::uint32_t payer = 0;
  std::uint32_t number = 0;
};
struct pair {
  std::uint32_t left = 0, right = 0;
};
constexpr auto together = [](const order& o, const payment& p) { return pair{o.number, p.number}; };
constexpr auto perhaps = [](const order& o, const payment* p) { return pair{o.number, p == nullptr ? 0 : p->number}; };
constexpr auto both = [](const pair& p) { return std::int64_t{p.left} << 32 | p.right; };

/// Both out of order by up to 300 ms, some by more; keys come and go.
template <class E>
std::vector<E> events(std::uint64_t seed) {
  support::random random{seed};
  std::int64_t now = 1'000'000'000'000;
  std::vector<E> all;
  for (std::uint32_t i = 1; i <= 4000; ++i) {
    now += static_cast<std::int64_t>(random.below(random.one_in(50) ? 300'000'000 : 10'000'000));
    all.push_back({{now - static_cast<std::int64_t>(random.below(random.one_in(40) ? 3'000'000'000 : 300'000'000))},
                   static_cast<std::uint32_t>(random.below(5)) + i / 700,
                   i});
  }
  return all;
}
const auto orders = events<order>(1);
const auto payments = events<payment>(2);

auto left() {
  return lv::from<"orders">(lv::values(std::span(orders))) | lv::event_time(&order::time, lv::bounded{300_ms, 50_ms});
}
auto right() {
  return lv::from<"payments">(lv::values(std::span(payments))) | lv::event_time(&payment::at, lv::bounded{300_ms, 50_ms});
}
constexpr auto customer = [] { return lv::on(&order::customer, &payment::payer); };
/// Some are answered when 100 payments have come, others never.
constexpr auto answered = [](const payment& p) { return p.number % 3 == 0 ? 0 : p.number - 100; };
constexpr lv::keys few{.bound = 8, .idle = 5_s};

}  // namespace

TEST_CASE("joins survive, with the events that they hold, and the keys that they look up themselves") {
  support::survives(
      [](lines& said) {
        return lv::flow("orders"_s = left(), "payments"_s = right(),
                        lv::connect("orders"_s, "payments"_s) |
                            lv::interval_join(customer(), lv::at<lv::late::aside>(&order::time), lv::at(&payment::at),
                                              lv::between{-100_ms, 200_ms}, together, few, {100, 100}) |
                            note(said, 1, both),
                        lv::connect("orders"_s, "payments"_s) |
                            lv::window_join<"window", lv::tumbling{500_ms}, lv::join_kind::left>(
                                customer(), lv::at(&order::time), lv::at(&payment::at), perhaps, few, {300, 300}) |
                            note(said, 2, both),
                        lv::connect("orders"_s, "payments"_s) |
                            lv::latest_join<"latest", lv::versions{3}>(customer(), lv::at(&order::time), lv::at(&payment::at),
                                                                       together, few) |
                            lv::aside(note(said, 3, [](const order& o) { return o.number; })) | note(said, 4, both),
                        lv::connect("orders"_s, "payments"_s) |
                            lv::zip(customer(), lv::at(&order::time), lv::at(&payment::at), 30_ms, together, few, 200) |
                            note(said, 5, both),
                        lv::connect("orders"_s, "payments"_s) |
                            lv::zip(lv::at(&order::time), lv::at(&payment::at), 5_ms, together, 200) | note(said, 6, both));
      },
      6);
}

TEST_CASE("what was broadcast survives, and so do alerts that wait for an answer") {
  support::survives(
      [](lines& said) {
        return lv::flow("orders"_s = left(), "payments"_s = right(),
                        lv::connect("orders"_s | lv::key_by(&order::customer, {.bound = 20}), "payments"_s) |
                            lv::with_broadcast(
                                std::uint32_t{0}, [](std::uint32_t& least, const payment& p) { least = p.number % 64; },
                                [](std::uint32_t least, const order& o) {
                                  return o.number % 64 >= least ? std::optional(o) : std::nullopt;
                                }) |
                            note(said, 1, [](const order& o) { return o.number; }),
                        lv::connect("orders"_s | lv::filter([](const order& o) { return o.number % 8 == 0; }), "payments"_s) |
                            lv::escalate(&order::number, answered, {.levels = 3, .wait = 40_ms, .bound = 16}) |
                            lv::aside(note(said, 2, [](const order& o) { return o.number; })) |
                            note(said, 3, [](const auto& e) { return std::int64_t{e.alert.number} << 8 | e.level; }));
      },
      3);
}
