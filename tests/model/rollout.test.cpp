// SPDX-License-Identifier: BSL-1.0
#include <levada/model/rollout.hpp>

#include "../support/linear.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/model/infer.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace lv = levada;
using lv::rollout_stage;
using support::linear;
using support::reading;

namespace {
constexpr auto with_weight = [](float w) { return linear{.weight = w, .length = 1}; };
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
const auto events = support::readings(1000, 200);

/// What each event was scored by: its version, and that the score is that version's.
std::vector<std::uint64_t> versions(auto& flow, auto& output, std::map<std::uint64_t, float> weights) {
  lv::adopt_parameters();
  output.clear();
  flow.push(events);
  REQUIRE(output.size() == events.size());
  std::vector<std::uint64_t> all;
  bool right = true;
  for (const auto& s : output) {
    right &= s.score() == static_cast<float>(s.event.value) * weights.at(s.model_version);
    all.push_back(s.model_version);
  }
  CHECK(right);
  return all;
}
const std::vector<std::uint64_t> all_by_one(1000, 1), all_by_two(1000, 2);
auto flow_of(auto& rollout, std::vector<lv::scored<reading>>& output) {
  return lv::flow(lv::from(lv::input<reading>()) | lv::key_by(&reading::sensor) | lv::infer<"x">(rollout, &reading::value) |
                  lv::to([&](const lv::scored<reading>& s) { output.push_back(s); }));
}
}  // namespace

TEST_CASE("a good model scores unheard, then for a share of the keys, then for all") {
  lv::rollout<linear> r("rollout.good", with_weight(1), 1,
                        {.shadow_rows = 1500, .canary_rows = 100, .canary_share = 300, .most_different = 26});
  std::vector<lv::scored<reading>> output;
  auto flow = flow_of(r, output);
  REQUIRE(flow.open());
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  REQUIRE(r.offer(with_weight(1.25f), 2));
  CHECK(!r.offer(with_weight(1.5f), 3));  // one at a time
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  CHECK(r.review() == rollout_stage::shadow);  // 1000 of 1500
  CHECK(r.status().shadow_rows == 1000);
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  CHECK(r.status().shadow_rows == 1500);  // and no more
  // Values lie evenly between -100 and 100, so a quarter of their amount between 0 and 25.
  CHECK(r.status().median_difference > 11.5f);
  CHECK(r.status().median_difference < 12.5f * 1.25f);
  CHECK(r.status().most_difference > 24);
  CHECK(r.status().most_difference < 25 * 1.25f);
  r.roll_back();
  CHECK(r.status().reason == "by hand");
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);

  REQUIRE(r.offer(with_weight(1.125f), 2));
  for (int i = 0; i < 2; ++i) CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  CHECK(r.review() == rollout_stage::canary);
  const auto mixed = versions(flow, output, {{1, 1.0f}, {2, 1.125f}});
  std::map<std::uint32_t, std::uint64_t> of_key;
  std::size_t fresh = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto [at, is_new] = of_key.try_emplace(events[i].sensor, mixed[i]);
    CHECK(at->second == mixed[i]);  // a key has one model
    fresh += mixed[i] == 2;
  }
  CHECK(fresh > 200);
  CHECK(fresh < 400);
  CHECK(r.status().canary_rows == fresh);
  CHECK(r.review() == rollout_stage::settled);
  CHECK(r.status().promoted == 1);
  CHECK(r.status().version == 2);
  CHECK(versions(flow, output, {{2, 1.125f}}) == all_by_two);

  r.roll_back();  // the last good one was kept
  CHECK(r.status().version == 1);
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  r.roll_back();  // and there is none before it
  CHECK(r.status().rolled_back == 2);
}

TEST_CASE("a model that differs by too much does not come out of the shadow") {
  lv::rollout<linear> r("rollout.far", with_weight(1), 1, {.shadow_rows = 1000, .most_different = 20});
  std::vector<lv::scored<reading>> output;
  auto flow = flow_of(r, output);
  REQUIRE(flow.open());
  REQUIRE(r.offer(with_weight(1.25f), 2));
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  CHECK(r.review() == rollout_stage::settled);
  CHECK(r.status().rolled_back == 1);
  CHECK(r.status().version == 1);
  CHECK(r.status().reason.view().find("too far") != std::string_view::npos);
}

TEST_CASE("an output that is no number ends it: in the shadow, and in the canary from that row on") {
  lv::rollout<linear> r("rollout.nan", with_weight(1), 1, {.shadow_rows = 10, .canary_share = 1000});
  std::vector<lv::scored<reading>> output;
  auto flow = flow_of(r, output);
  REQUIRE(flow.open());
  REQUIRE(r.offer(with_weight(not_a_number), 2));
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  CHECK(r.review() == rollout_stage::settled);
  CHECK(r.status().reason == "an output was no number");

  // One that is right until a row is beyond what it can compute.
  REQUIRE(r.offer(with_weight(3e38f), 3));
  const auto small = reading{.sensor = 1, .value = 0.5}, great = reading{.sensor = 1, .value = 50};
  lv::adopt_parameters();
  flow.push(std::vector<reading>(10, small));
  REQUIRE(r.review() == rollout_stage::canary);
  lv::adopt_parameters();
  output.clear();
  flow.push(std::vector<reading>{small, great, small});
  REQUIRE(output.size() == 3);
  CHECK(output[0].model_version == 3);
  CHECK(output[1].model_version == 1);
  CHECK(output[1].score() == 50);
  CHECK(output[2].model_version == 1);
  CHECK(r.status().not_finite == 1);
  CHECK(r.review() == rollout_stage::settled);
  CHECK(r.status().version == 1);
}

TEST_CASE("a row that neither can judge is no reason: a model with NaN where the other one has it is promoted") {
  lv::rollout<linear> r("rollout.missing", with_weight(1), 1, {.shadow_rows = 4, .canary_rows = 4, .canary_share = 1000});
  std::vector<lv::scored<reading>> output;
  auto flow = flow_of(r, output);
  REQUIRE(flow.open());
  REQUIRE(r.offer(with_weight(2), 2));
  std::vector<reading> rows(4, reading{.sensor = 1, .value = 0.5});
  rows[2].value = static_cast<double>(not_a_number);
  const auto push = [&] {
    lv::adopt_parameters();
    output.clear();
    flow.push(rows);
    return r.review();
  };
  CHECK(push() == rollout_stage::canary);
  CHECK(push() == rollout_stage::settled);
  CHECK(output[1].model_version == 2);
  CHECK(output[2].model_version == 1);  // a number is what the canary must say
  CHECK(output[3].model_version == 2);
  CHECK(r.status().promoted == 1);
}

TEST_CASE("while all is settled a model scores events that come together in one go, and else one by one") {
  std::size_t most = 0;
  const auto model = [&](float weight) { return support::linear_in_batches{{.weight = weight, .length = 1}, &most}; };
  lv::rollout<support::linear_in_batches> r("rollout.together", model(1), 1, {.shadow_rows = 1, .canary_share = 500});
  std::vector<lv::scored<reading>> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::infer<"x">(r, &reading::value) |
                       lv::to([&](const lv::scored<reading>& s) { output.push_back(s); }));
  REQUIRE(flow.open());
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  CHECK(most == 64);
  most = 0;
  REQUIRE(r.offer(model(2), 2));
  CHECK(versions(flow, output, {{1, 1.0f}}) == all_by_one);
  REQUIRE(r.review() == rollout_stage::canary);
  versions(flow, output, {{1, 1.0f}, {2, 2.0f}});
  CHECK(most == 0);
  r.promote();
  CHECK(versions(flow, output, {{2, 2.0f}}) == all_by_two);
  CHECK(most == 64);
}

TEST_CASE("rows of windows below key_by go by their key as well") {
  struct row {
    std::uint32_t key;
    float x[1];
    [[nodiscard]] std::span<const float, 1> features() const { return x; }
  };
  lv::rollout<linear> r("rollout.windows", with_weight(1), 1, {.shadow_rows = 1, .canary_share = 500});
  std::map<std::uint32_t, std::uint64_t> of_key;
  std::size_t torn = 0, fresh = 0;
  auto flow = lv::flow(lv::from(lv::input<row>()) | lv::infer<"x">(r) | lv::to([&](const lv::scored<row>& s) {
                         torn += of_key.try_emplace(s.event.key, s.model_version).first->second != s.model_version;
                         fresh += s.model_version == 2;
                       }));
  REQUIRE(flow.open());
  REQUIRE(r.offer(with_weight(2), 2));
  lv::adopt_parameters();
  flow.push(row{1, {1}});
  REQUIRE(r.review() == rollout_stage::canary);
  lv::adopt_parameters();
  of_key.clear();
  for (std::uint32_t i = 0; i < 1000; ++i) flow.push(row{i % 100, {static_cast<float>(i)}});
  CHECK(torn == 0);
  CHECK(fresh > 300);
  CHECK(fresh < 700);
}

TEST_CASE("without a key rows have their hash: the share is about right") {
  lv::rollout<linear> r("rollout.rows", with_weight(1), 1, {.shadow_rows = 1, .canary_share = 500});
  std::vector<lv::scored<reading>> output;
  auto flow = lv::flow(lv::from(lv::input<reading>()) | lv::infer<"x">(r, &reading::value) |
                       lv::to([&](const lv::scored<reading>& s) { output.push_back(s); }));
  REQUIRE(flow.open());
  REQUIRE(r.offer(with_weight(2), 2));
  versions(flow, output, {{1, 1.0f}});
  REQUIRE(r.review() == rollout_stage::canary);
  std::size_t fresh = 0;
  for (const std::uint64_t v : versions(flow, output, {{1, 1.0f}, {2, 2.0f}})) fresh += v == 2;
  CHECK(fresh > 400);
  CHECK(fresh < 600);
}

TEST_CASE("a model of other rows is refused, in a sentence that names both; by hand it may go at once") {
  lv::rollout<linear> r("rollout.rows.of.others", with_weight(1), 1);
  const auto other = r.offer(linear{.length = 3}, 2);
  REQUIRE(!other);
  CHECK(std::string(other.error().sentence.view()).find("version 2 has 3 features and 1 outputs") != std::string::npos);
  const auto same = r.offer(with_weight(2), 1);
  REQUIRE(!same);
  CHECK(std::string(same.error().sentence.view()).find("version 1 is that of the model that works") != std::string::npos);
  REQUIRE(r.offer(with_weight(2), 3));
  r.promote();
  CHECK(r.status().version == 3);
  CHECK(r.status().stage == rollout_stage::settled);
  r.promote();  // nothing is on its way
  CHECK(r.status().promoted == 1);
}
