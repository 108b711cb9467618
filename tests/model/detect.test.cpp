// SPDX-License-Identifier: BSL-1.0
#include <levada/model/detect.hpp>

#include "../support/restart.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <map>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {
/// The distance from the value before: easy to foresee.
struct jump {
  double limit = 1;
  double last = 0;
  bool known = false;
  std::int64_t at = 0;
  float score(lv::timestamp time, double v) {
    if (!lv::detail::is_usable(v)) return 0;
    const double distance = known && time.ns != at ? (v < last ? last - v : v - last) : 0;
    last = v;
    known = true;
    at = time.ns;
    return lv::detail::against(distance, limit);
  }
};
static_assert(lv::detector<jump>);
static_assert(!lv::detector<int>);

struct verdict {
  reading event;
  float score;
  bool alarm;
  friend bool operator==(const verdict&, const verdict&) = default;
};
auto through(auto op, std::vector<verdict>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, lv::dense_keys{8}) | std::move(op) |
                  lv::to([&](const lv::judged<reading>& s) { output.push_back({s.event, s.score, s.alarm}); }));
}
}  // namespace

TEST_CASE("every event gets the score that its key's own detector gives, also after a restart") {
  const auto events = support::readings(2000);
  std::vector<verdict> expected;
  std::map<std::uint32_t, jump> each;
  for (const reading& r : events) {
    const float score = each.try_emplace(r.sensor, jump{50}).first->second.score(r.time, r.value);
    expected.push_back({r, score, score >= 0.5f});
  }
  std::size_t alarms = 0;
  for (const verdict& j : expected) alarms += j.alarm ? 1 : 0;
  CHECK(alarms > 500);
  CHECK(alarms < 1500);
  const auto make = [](auto& output) { return through(lv::detect<"jumps">(&reading::time, &reading::value, jump{50}), output); };
  for (const std::size_t length : {1u, 64u, 1000u}) CHECK(support::outcome<verdict>(events, length, make) == expected);
  for (const std::size_t stop : {0u, 1u, 1000u}) CHECK(support::outcome_of_two<"jumps", verdict>(events, stop, make) == expected);
}

TEST_CASE("a retired key begins anew, with the settings that were given") {
  std::vector<bool> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor, {.bound = 1, .idle = 1_s}) |
                       lv::detect(lv::processing_time{}, &reading::value, jump{5}) |
                       lv::to([&](const lv::judged<reading>& s) { output.push_back(s.alarm); }));
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(std::vector<reading>{{.value = 1}});
  flow.advance({1'100'000'000});
  flow.push(std::vector<reading>{{.value = 7}});
  flow.advance({100'000'000'000});
  flow.push(std::vector<reading>{{.value = 1}});
  flow.advance({100'100'000'000});
  flow.push(std::vector<reading>{{.value = 5}});
  CHECK(output == std::vector<bool>{false, true, false, false});
}
