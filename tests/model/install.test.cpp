// SPDX-License-Identifier: BSL-1.0
#include <levada/model/install.hpp>

#include "../support/linear.hpp"

#include <levada/flow/flow.hpp>
#include <levada/flow/trial.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using outcome = lv::acknowledgement::outcome;
using support::linear;

namespace {
/// A weight stands for a file. Zero: there is none.
struct update {
  float weight = 0;
  std::uint64_t version = 0;
  float golden = 0;  // what its maker's program said of {1, 1}
};
struct loaded {
  linear model;
  std::vector<float> rows{1, 1};
  std::vector<float> outputs{};
  std::vector<std::byte> bytes{};
  lv::candidate with{};
};
lv::result<loaded> load(const update& u) {
  if (u.weight == 0) return lv::fault::of(lv::failure::unreadable, "cannot open 'bearing.model'");
  loaded l{.model = {.weight = u.weight}};
  l.outputs = {u.golden};
  l.bytes = {std::byte(u.version)};
  l.with = {.name = "bearing", .version = u.version, .golden_rows = l.rows, .golden_outputs = l.outputs, .bytes = l.bytes};
  return l;
}
std::vector<std::pair<std::uint64_t, outcome>> told(const std::vector<lv::acknowledgement>& all) {
  std::vector<std::pair<std::uint64_t, outcome>> some;
  for (const auto& a : all) some.emplace_back(a.version, a.what);
  return some;
}
using list = std::vector<std::pair<std::uint64_t, outcome>>;
}  // namespace

TEST_CASE("what is good comes into the slot, what is not is acknowledged with the reason, and kept is what scores") {
  lv::slot<linear> place{"install.place", linear{.weight = 9}, 0};
  std::vector<lv::acknowledgement> output;
  std::vector<std::byte> disk;
  bool is_full = false;
  const auto keep = [&](std::uint64_t, std::span<const std::byte> bytes) -> lv::result<> {
    if (is_full) return lv::fault::of(lv::failure::no_space, "the disk is full");
    disk.assign(bytes.begin(), bytes.end());
    return {};
  };
  lv::trial t(lv::flow(lv::from(lv::input<update>()) | lv::install<"bearing">(place, lv::admission<>{}, load, keep) |
                       lv::to(lv::collect(output))));
  t.push(update{2, 1, 4}).push(update{}).push(update{3, 2, 5}).push(update{3, 1, 6});
  CHECK(told(output) == list{{1, outcome::admitted}, {0, outcome::refused}, {2, outcome::refused}, {1, outcome::refused}});
  CHECK(output[0].reason.empty());
  CHECK(output[1].name == "bearing");
  CHECK(output[1].reason == "cannot open 'bearing.model'");
  CHECK(output[2].reason.view().find("refused by its golden vectors") != std::string_view::npos);
  CHECK(output[3].reason.view().find("refused by its version") != std::string_view::npos);
  CHECK(place.newest()->weight == 2);
  CHECK(place.newest().version() == 1);
  CHECK(disk == std::vector{std::byte{1}});
  CHECK(t.at<"bearing">().not_loaded == 1);
  CHECK(t.at<"bearing">().gate.refused() == 2);

  is_full = true;
  t.push(update{3, 2, 6});
  CHECK(output.back().what == outcome::admitted);
  CHECK(output.back().reason == "it scores, but was not kept: the disk is full");
  CHECK(place.newest().version() == 2);
  CHECK(disk == std::vector{std::byte{1}});
}

TEST_CASE("a model must be above the one that stands in the slot, whoever has put that") {
  lv::slot<linear> place{"install.above", linear{.weight = 9}, 7};
  std::vector<lv::acknowledgement> output;
  lv::trial t(lv::flow(lv::from(lv::input<update>()) | lv::install<"bearing">(place, lv::admission<>{}, load) |
                       lv::to(lv::collect(output))));
  t.push(update{2, 7, 4});
  place.put(linear{.weight = 9}, 8);
  t.push(update{2, 8, 4}).push(update{2, 9, 4});
  CHECK(told(output) == list{{7, outcome::refused}, {8, outcome::refused}, {9, outcome::admitted}});
  CHECK(output[1].reason.view().find("it must be above 8") != std::string_view::npos);
}

TEST_CASE("a model of other rows does not come into a slot: those who score there could not ask it") {
  lv::slot<linear> place{"install.rows", linear{.weight = 9, .length = 3}, 0};
  std::vector<lv::acknowledgement> output;
  lv::trial t(lv::flow(lv::from(lv::input<update>()) | lv::install<"bearing">(place, lv::admission<>{}, load) |
                       lv::to(lv::collect(output))));
  t.push(update{2, 1, 4});
  CHECK(told(output) == list{{1, outcome::refused}});
  CHECK(output[0].reason.view().find("version 1 has 2 features and 1 outputs") != std::string_view::npos);
  CHECK(place.newest()->weight == 9);
  CHECK(t.at<"bearing">().gate.version() == 0);  // it may come again, as it should be
}

TEST_CASE("a rollout is told step by step, as time passes") {
  lv::rollout<linear> r("install.rollout", linear{.weight = 1}, 0, {.shadow_rows = 1, .canary_rows = 1, .canary_share = 1000});
  std::vector<lv::acknowledgement> output;
  std::vector<std::uint64_t> kept;
  const auto keep = [&](std::uint64_t version, std::span<const std::byte> bytes) -> lv::result<> {
    CHECK(bytes[0] == std::byte(version));
    kept.push_back(version);
    return {};
  };
  lv::trial t(lv::flow(lv::from(lv::input<update>()) | lv::install<"bearing">(r, lv::admission<>{}, load, keep) |
                       lv::to(lv::collect(output))));
  const auto scorer = r.scorer();
  const auto score = [&](float x) {
    lv::adopt_parameters();
    const float row[] = {x, 0};
    float out[1];
    std::uint64_t version = 0;
    CHECK(scorer.score(row, out, [] { return std::uint64_t{1}; }, version));
    return version;
  };
  t.push(update{2, 1, 4}).pass(1_s);
  CHECK(told(output) == list{{1, outcome::admitted}});
  t.push(update{2, 2, 4});  // too early, and it may come again
  CHECK(output.back().reason.view().find("version 1 is still in the shadow") != std::string_view::npos);
  output.clear();
  score(1);
  t.pass(1_s).pass(1_s);
  CHECK(told(output) == list{{1, outcome::canary}});
  CHECK(kept.empty());
  CHECK(score(1) == 1);
  t.pass(1_s).pass(1_s);
  CHECK(told(output) == list{{1, outcome::canary}, {1, outcome::promoted}});
  CHECK(kept == std::vector<std::uint64_t>{1});

  output.clear();
  t.push(update{3e38f, 2, INFINITY});
  CHECK(told(output) == list{{2, outcome::refused}});
  t.push(update{5e37f, 3, 1e38f});
  CHECK(score(1000) == 1);
  t.pass(1_s);
  CHECK(told(output) == list{{2, outcome::refused}, {3, outcome::admitted}, {3, outcome::rolled_back}});
  CHECK(output.back().reason == "an output was no number");
  CHECK(kept == std::vector<std::uint64_t>{1});
}
