// SPDX-License-Identifier: BSL-1.0
#include <levada/source/feedback.hpp>

#include "../support/archive.hpp"
#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/checkpoint.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/runner.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/flat_map.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/inspect.hpp>
#include <levada/op/map.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::page;
using support::text;

namespace {

/// It takes so many tries until it is done.
struct job {
  std::uint32_t number = 0;
  std::uint32_t tries = 0;
  friend bool operator==(const job&, const job&) = default;
};
std::vector<job> jobs(std::size_t n, std::uint32_t most) {
  support::random r{5};
  std::vector<job> all(n);
  for (std::uint32_t i = 0; i < n; ++i) all[i] = {i, static_cast<std::uint32_t>(r.below(most + 1))};
  return all;
}
auto try_once() {
  return lv::map([](const job& j) { return job{j.number, j.tries > 0 ? j.tries - 1 : 0}; });
}
bool is_open(const job& j) { return j.tries > 0; }
bool is_done(const job& j) { return j.tries == 0; }

/// The loop of the tests: what is not done goes back.
auto work(auto source, lv::feedback<job>& again, std::vector<job>& done) {
  return lv::flow("tried"_s = lv::merge(std::move(source), lv::from<"back">(again.source())) | try_once(),
                  "tried"_s | lv::filter(is_open) | lv::to<"again">(again.sink()),
                  "tried"_s | lv::filter(is_done) | lv::to<"done">([&](const job& j) { done.push_back(j); }));
}

}  // namespace

TEST_CASE("what goes back comes again in the next turn, in order, until nothing is left; then the flow ends") {
  const auto all = jobs(5000, 6);
  for (const std::size_t budget : {7u, 100u, 4096u}) {
    CAPTURE(budget);
    std::vector<job> expected;
    std::deque<job> back;
    for (std::size_t at = 0; at < all.size() || !back.empty();) {  // turn by turn
      std::vector<job> turn;
      for (std::size_t n = 0; n < budget && at < all.size(); ++n) turn.push_back(all[at++]);
      // The source comes first; what goes back because of it is there when the loop is asked.
      auto one = [&](job j) {
        j.tries -= j.tries > 0 ? 1 : 0;
        if (is_open(j))
          back.push_back(j);
        else
          expected.push_back(j);
      };
      for (const job& j : turn) one(j);
      for (std::size_t n = std::min(budget, back.size()); n > 0; --n) {
        const job j = back.front();
        back.pop_front();
        one(j);
      }
    }
    std::vector<job> done;
    lv::feedback<job> again(8192);
    auto flow = work(lv::from(lv::values(std::span(all))), again, done);
    REQUIRE(lv::runner<>({.budget = budget}).run(flow));
    CHECK(done == expected);
    CHECK(done.size() == all.size());
    CHECK(flow.counts<"again">().dropped == 0);
  }
}

TEST_CASE("a full queue takes no more, and counts it; all that is in it may go round at once") {
  std::vector<job> done;
  lv::feedback<job> again(100);
  auto flow = work(lv::from<"in">(lv::input<job>()), again, done);
  REQUIRE(flow.open());
  std::vector<job> many(130, job{1, 3});
  flow.push<"in">(many);
  CHECK(flow.counts<"again">().dropped == 30);
  CHECK(flow.poll() == lv::polled::events);  // a hundred go round, and all of them come back
  CHECK(flow.counts<"again">().dropped == 30);
  CHECK(flow.poll() == lv::polled::events);
  CHECK(done.size() == 100);
  CHECK(flow.poll() == lv::polled::nothing);
  flow.push<"in">(std::vector<job>(70, job{2, 3}));  // across the end of the ring
  flow.poll();
  flow.push<"in">(std::vector<job>(30, job{3, 2}));
  flow.poll();
  flow.poll();
  CHECK(done.size() == 200);
  CHECK(flow.counts<"again">().dropped == 30);
}

TEST_CASE("what comes back does not touch what is still to be given out, though each event sends two back") {
  std::vector<int> seen;
  lv::feedback<int> again(4);
  auto flow = lv::flow(lv::merge(lv::from<"in">(lv::input<int>()), lv::from(again.source())) |
                       lv::inspect([&](int i) { seen.push_back(i); }) |
                       lv::flat_map([](int i) { return std::array{10 * i, 10 * i + 1}; }) | lv::to<"again">(again.sink()));
  REQUIRE(flow.open());
  flow.push<"in">(std::vector<int>{1, 2});
  CHECK(flow.poll() == lv::polled::events);
  CHECK(flow.poll() == lv::polled::events);
  CHECK(seen == std::vector<int>{1, 2, 10, 11, 20, 21, 100, 101, 110, 111});
  CHECK(flow.counts<"again">().dropped == 8);
}

TEST_CASE("watermarks go on over a merge with a way back, from the first one on") {
  using support::step;
  page seen;
  lv::feedback<std::int64_t> again(8);
  const std::vector<step> steps{{step::watermark, 10}, {step::event, 2}, {step::watermark, 20}, {step::end}};
  auto flow = lv::flow("all"_s = lv::merge(lv::from(support::scripted{steps}), lv::from(again.source())),
                       "all"_s | lv::filter([](std::int64_t i) { return i > 0; }) |
                           lv::map([](std::int64_t i) { return i - 1; }) | lv::to(again.sink()),
                       "all"_s | lv::to(support::diary{&seen}));
  REQUIRE(flow.open());
  while (flow.poll() != lv::polled::end) {
  }
  CHECK(text(support::without(support::without(seen, "start"), "idle")) ==
        text(page{"watermark 10", "2", "1", "watermark 20", "0", "end"}));
}

TEST_CASE("what the end itself sends back comes too late: it is dropped and counted") {
  lv::feedback<int> again(8);
  int sum = 0;
  const std::vector<int> events{1, 2, 3};
  auto flow = lv::flow("all"_s = lv::merge(lv::from(lv::values(std::span(events))), lv::from(again.source())) |
                                 lv::fold(0, [](int& s, int i) { s += i; }),
                       "all"_s | lv::to([&](int s) { sum += s; }), "all"_s | lv::to<"again">(again.sink()));
  REQUIRE(lv::runner<>{}.run(flow));
  CHECK(sum == 6);
  CHECK(flow.counts<"again">().in == 1);
  CHECK(flow.counts<"again">().dropped == 1);
}

TEST_CASE("at a finish what is on its way goes round once more; what then comes back is counted as dropped") {
  std::vector<job> done;
  lv::feedback<job> again(10);
  auto flow = work(lv::from<"in">(lv::input<job>()), again, done);
  REQUIRE(flow.open());
  flow.push<"in">(std::vector<job>{{1, 2}, {2, 5}, {3, 3}});
  flow.finish();
  CHECK(done == std::vector<job>{{1, 0}});
  CHECK(flow.counts<"back">().dropped == 2);
}

TEST_CASE("ways back that feed each other end together") {
  std::vector<std::int64_t> seen;
  lv::feedback<std::int64_t> ping(4), pong(4);
  const std::vector<std::int64_t> events{9};
  auto less = [] { return lv::map([](std::int64_t i) { return i - 1; }); };
  auto more = [] { return lv::filter([](std::int64_t i) { return i > 0; }); };
  auto flow = lv::flow(lv::merge(lv::from(lv::values(std::span(events))), lv::from(pong.source())) |
                           lv::fork(lv::to([&](std::int64_t i) { seen.push_back(i); }), more() | less() | lv::to(ping.sink())),
                       lv::from(ping.source()) |
                           lv::fork(lv::to([&](std::int64_t i) { seen.push_back(-i); }), more() | less() | lv::to(pong.sink())));
  REQUIRE(lv::runner<>{}.run(flow));
  CHECK(seen == std::vector<std::int64_t>{9, -8, 7, -6, 5, -4, 3, -2, 1, 0});
}

TEST_CASE("events that never come to rest: a stop ends the flow, and says how many there were") {
  const std::vector<int> events{1, 2, 3};
  std::atomic<std::uint64_t> rounds{0};
  lv::feedback<int> again(8);
  auto flow = lv::flow(lv::merge(lv::from(lv::values(std::span(events))), lv::from<"back">(again.source())) |
                       lv::map([&](int i) { return ++rounds, i; }) | lv::to<"again">(again.sink()));
  lv::runner<> runner;
  REQUIRE(runner.start(flow));
  while (rounds < 1000) std::this_thread::yield();
  CHECK(runner.stop());
  CHECK(flow.counts<"back">().dropped + flow.counts<"again">().dropped == 3);
}

TEST_CASE("what has come by time alone is fetched at once") {
  lv::feedback<int> again(2);
  auto back = again.source();
  CHECK(back.wake_at() == lv::duration{INT64_MAX});
  again.sink().write(1, lv::probe_port{});
  CHECK(back.wake_at() == lv::duration{});
}

TEST_CASE("a queue from one chain to another is a way as well, and is emptied before the end") {
  lv::feedback<int> queue(16);
  std::vector<int> seen;
  const std::vector<int> events{1, 2, 3, 4, 5};
  auto flow = lv::flow(lv::from(queue.source()) | lv::to([&](int i) { seen.push_back(i); }),
                       lv::from(lv::values(std::span(events))) | lv::to(queue.sink()));
  REQUIRE(lv::runner<>{}.run(flow));
  CHECK(seen == events);
}

TEST_CASE("what is on its way survives a restart") {
  std::vector<job> done;
  lv::feedback<job> before(8), after(8);
  {
    auto flow = work(lv::from<"in">(lv::input<job>()), before, done);
    REQUIRE(flow.open());
    flow.push<"in">(std::vector<job>{{1, 2}, {2, 5}, {3, 3}});
  }
  auto left = before.sink();
  support::archive kept(left);
  auto flow = work(lv::from<"in">(lv::input<job>()), after, done);
  REQUIRE(flow.open());
  kept.load_into(flow.at<"again">());
  while (flow.poll() == lv::polled::events) {
  }
  CHECK(done == std::vector<job>{{1, 0}, {3, 0}, {2, 0}});
}

TEST_CASE("a checkpoint holds what is on its way: a flow that is killed goes on from it as if nothing had been") {
  std::string folder = (std::filesystem::temp_directory_path() / "levada-feedback.XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const lv::checkpoint_options options{.folder = folder.c_str(), .every = {}, .flow = "jobs"};
  const auto all = jobs(2000, 6);
  const auto source = [&] { return lv::from(lv::values(std::span(all))); };
  std::vector<job> expected, before, after;
  {
    lv::feedback<job> again(4096);
    auto flow = work(source(), again, expected);
    REQUIRE(flow.open());
    while (flow.poll(100) != lv::polled::end) {
    }
  }
  std::size_t kept = 0;
  {
    lv::feedback<job> again(4096);
    auto flow = work(source(), again, before);
    lv::checkpoint saved(flow, options);
    REQUIRE(flow.open());
    for (int turn = 0; turn < 7; ++turn) flow.poll(100);
    saved.take();
    flow.poll(100);  // at the end of this turn it is taken
    kept = before.size();
    while (saved.last() < 2) {
      flow.poll(100);
      std::this_thread::yield();
    }
  }
  before.resize(kept);
  {
    lv::feedback<job> again(4096);
    auto flow = work(source(), again, after);
    lv::checkpoint saved(flow, options);
    REQUIRE(flow.open());
    CHECK(saved.restored() == 2);
    while (flow.poll(100) != lv::polled::end) {
    }
  }
  before.insert(before.end(), after.begin(), after.end());
  CHECK(kept > 0);
  CHECK(after.size() > 500);
  CHECK(before == expected);
  std::filesystem::remove_all(folder);
}
