// SPDX-License-Identifier: BSL-1.0
#include <levada/op/enrich.hpp>

#include "../support/stream.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <vector>

namespace lv = levada;
using support::reading;

namespace {
struct machine {
  lv::text<16> hall{};
  double scale = 1;
};
struct located {
  lv::text<16> hall;
  double value;
  bool operator==(const located&) const = default;
};
constexpr auto locate = [](const reading& r, const machine& m) { return located{m.hall, r.value * m.scale}; };

std::map<std::uint32_t, machine> known() { return {{0, {"east", 1}}, {2, {"west", 10}}, {3, {"west", 0.5}}, {6, {"east", 2}}}; }
lv::lookup_table<std::uint32_t, machine> table() {
  lv::lookup_table<std::uint32_t, machine> t(16);
  for (const auto& [key, m] : known()) CHECK(t.insert(key, m));
  return t;
}
}  // namespace

TEST_CASE("each event meets what the table has for its key; the others go aside as they are") {
  const auto events = support::readings(2000);
  const auto machines = known();
  std::vector<located> expected;
  std::vector<reading> unknown;
  for (const reading& e : events)
    if (const auto at = machines.find(e.sensor); at != machines.end())
      expected.push_back(locate(e, at->second));
    else
      unknown.push_back(e);
  for (std::size_t length : support::span_lengths) {
    std::vector<reading> aside;
    CHECK(support::outcome<located>(events, length, [&](auto& output) {
            return lv::flow(lv::from(lv::input<reading>()) | lv::enrich(table(), &reading::sensor, locate) |
                            lv::aside(lv::to([&](const reading& r) { aside.push_back(r); })) |
                            lv::to([&](const located& l) { output.push_back(l); }));
          }) == expected);
    CHECK(aside == unknown);
  }
}

TEST_CASE("in a keyed stream the key stays, and without a branch the unknown are dropped and counted") {
  const auto events = support::readings(500);
  auto flow =
      lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::level) |
               lv::enrich<"halls">(table(), [](const reading& r) { return r.sensor; }, locate) | lv::to([](const located&) {}));
  REQUIRE(flow.open());
  flow.push(events);
  CHECK(flow.counts<"halls">().out + flow.counts<"halls">().dropped == events.size());
  CHECK(flow.counts<"halls">().dropped > 0);
}
