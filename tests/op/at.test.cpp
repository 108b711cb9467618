// SPDX-License-Identifier: BSL-1.0
#include <levada/op/at.hpp>

#include "../support/child.hpp"

#include <levada/op/aggregate.hpp>
#include <levada/op/interval_join.hpp>
#include <levada/op/latest_join.hpp>
#include <levada/op/pattern.hpp>
#include <levada/op/rolling_window.hpp>
#include <levada/op/sorted.hpp>
#include <levada/op/state_machine.hpp>
#include <levada/op/state_window.hpp>
#include <levada/op/threshold_window.hpp>
#include <levada/op/window_join.hpp>
#include <levada/op/zip.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <string>

namespace lv = levada;
using namespace levada::literals;

namespace {
struct reading {
  lv::timestamp time;
  long value;
};
}  // namespace

TEST_CASE("at says where an event's time stands, and what becomes of a late one, in its type") {
  const auto by_member = lv::at(&reading::time);
  CHECK(by_member.policy == lv::late::drop);
  CHECK(by_member.tells<reading>());
  const auto revised = lv::at<lv::late::update>([](const reading& r) { return r.time; }, 5_s);
  CHECK(revised.policy == lv::late::update);
  CHECK(revised.allowed == lv::duration(5_s));
  CHECK(revised.tells<reading>());
}

TEST_CASE("what gives no timestamp tells no time") {
  CHECK_FALSE(lv::at(&reading::value).tells<reading>());
  CHECK_FALSE(lv::at(&reading::time).tells<int>());
}

TEST_CASE("an operator that could do nothing with a lateness refuses it when the flow is made") {
  const auto refuses = [](auto make) {
    const support::outcome o = support::in_child([&] {
      std::signal(SIGABRT, SIG_DFL);  // doctest's handler would report a failed test
      make(lv::at(&reading::time, 1_s));
      return 0;
    });
    return o.code == 128 + SIGABRT && o.error.find("allowed") != std::string::npos;
  };
  const auto high = [](const reading& r) { return r.value > 3; };
  const auto most = lv::aggregate<lv::max>(&reading::value);
  const auto same = lv::on(&reading::value, &reading::value);
  const auto strict = lv::at(&reading::time);
  CHECK(refuses([](auto late) { (void)lv::at(&reading::time, -late.allowed); }));
  CHECK(refuses([](auto late) { (void)lv::sorted(late, 10); }));
  CHECK(refuses([&](auto late) { (void)lv::pattern(late, lv::every(high).then(high)); }));
  CHECK(refuses([&](auto late) { (void)lv::state_machine<"m", 0>(late, lv::on<0, 1>(high)); }));
  CHECK(refuses([&](auto late) { (void)lv::rolling_window<"w", 1_s, 8>(late, most); }));
  CHECK(refuses([&](auto late) { (void)lv::threshold_window<"w">(high, late, most); }));
  CHECK(refuses([&](auto late) { (void)lv::state_window<"w">(&reading::value, late, most); }));
  CHECK(refuses([&](auto late) { (void)lv::interval_join(same, late, strict, lv::between{0_s, 1_s}); }));
  CHECK(refuses([&](auto late) { (void)lv::window_join<"j", lv::tumbling{1_s}>(same, strict, late); }));
  CHECK(refuses([&](auto late) { (void)lv::latest_join<"j", lv::versions{2}>(same, late, strict); }));
  CHECK(refuses([&](auto late) { (void)lv::zip(same, strict, late, 1_s); }));
}
