// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/checkpoint.hpp>

#include <levada/core/word.hpp>
#include <levada/flow/boundary.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace lv = levada;
namespace fs = std::filesystem;
using namespace lv::literals;

namespace {

struct scratch {
  fs::path path;
  scratch() {
    std::string name = (fs::temp_directory_path() / "levada-checkpoint.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { fs::remove_all(path); }
  [[nodiscard]] lv::checkpoint_options options() const {
    return {.folder = path.c_str(), .every = {}, .flow = "test", .slice = 100};
  }
};

struct sample {
  std::uint32_t sensor;
  std::int64_t value;
};
using output = std::vector<std::int64_t>;

std::vector<sample> samples(std::size_t n) {
  std::mt19937 random(11);
  std::vector<sample> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back({static_cast<std::uint32_t>(random()) % 50, static_cast<std::int64_t>(random() % 1000)});
  return all;
}

/// Sums by sensor, alternating by an unkeyed memory.
auto sums(const std::vector<sample>& events, output& out) {
  return lv::flow(lv::from(lv::values(std::span<const sample>(events))) | lv::key_by(&sample::sensor, lv::keys{.bound = 40}) |
                  lv::scan<"sum">(std::int64_t{0}, [](std::int64_t& sum, const sample& s) { return sum += s.value; }) |
                  lv::to([&out](std::int64_t v) { out.push_back(v); }));
}
/// Turns until the checkpoint that was asked for is on the disk.
template <class Flow, class Checkpoint>
void bring_to_disk(Flow& flow, Checkpoint& saved, std::size_t budget) {
  const auto before = saved.last();
  saved.take();
  while (saved.last() == before && saved.status()) {
    flow.poll(budget);
    std::this_thread::yield();  // to the thread that writes
  }
  REQUIRE(saved.status());
  REQUIRE(saved.last() == before + 1);
}

}  // namespace

TEST_CASE("a flow goes on where its last checkpoint was, and says the same as one that was never stopped") {
  const auto events = samples(5000);
  output whole;
  auto uninterrupted = sums(events, whole);
  REQUIRE(uninterrupted.open());
  while (uninterrupted.poll() != lv::polled::end) {
  }

  const scratch in;
  output first;
  std::uint64_t at = 0;
  {
    auto flow = sums(events, first);
    lv::checkpoint saved(flow, in.options());
    REQUIRE(flow.open());
    CHECK(saved.restored() == 0);
    for (int i = 0; i < 10; ++i) flow.poll(7);
    at = 70;  // the barrier comes after the next turn
    bring_to_disk(flow, saved, 1);
    for (int i = 0; i < 20; ++i) flow.poll(9);  // and then it is killed
  }
  output second;
  auto flow = sums(events, second);
  lv::checkpoint saved(flow, in.options());
  REQUIRE(flow.open());
  CHECK(saved.restored() == 2);
  CHECK(saved.last() == 2);
  while (flow.poll() != lv::polled::end) {
  }
  at = whole.size() - second.size();
  CHECK(at >= 60);
  CHECK(at < first.size());
  CHECK(second == output(whole.begin() + static_cast<std::ptrdiff_t>(at), whole.end()));
  CHECK(first == output(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(first.size())));
}

TEST_CASE("what is emitted after the barrier is not in the image, however slowly it is copied") {
  const auto events = samples(20000);
  const scratch in;
  output out;
  auto flow = sums(events, out);
  lv::checkpoint saved(flow, in.options());  // 100 bytes a turn
  REQUIRE(flow.open());
  for (int i = 0; i < 3; ++i) flow.poll(100);
  bring_to_disk(flow, saved, 50);
  CHECK(out.size() > 400);
  output rest;
  auto again = sums(events, rest);
  lv::checkpoint from(again, in.options());
  REQUIRE(again.open());
  again.poll(50);
  REQUIRE(rest.size() > 20);
  CHECK(std::search(out.begin(), out.end(), rest.begin(), rest.end()) != out.end());
}

TEST_CASE("a stop takes a last checkpoint and ends nothing") {
  const auto events = samples(1000);
  const scratch in;
  const auto totals = [&](output& out, std::size_t stop_at) {
    lv::runner<lv::manual_clock> runner({.base = lv::time_base::events, .budget = 10});
    std::size_t seen = 0;
    auto flow = lv::flow(lv::from(lv::values(std::span<const sample>(events))) | lv::map([&](const sample& s) {
                           if (++seen == stop_at) runner.request_stop();
                           return s.value;
                         }) |
                         lv::fold(std::int64_t{0}, [](std::int64_t& sum, std::int64_t v) { sum += v; }) |
                         lv::to([&](std::int64_t v) { out.push_back(v); }));
    lv::checkpoint saved(flow, in.options());
    REQUIRE(runner.run(flow));
    return saved.last();
  };
  output out;
  CHECK(totals(out, 200) == 2);  // the first is that of the beginning
  CHECK(totals(out, 300) == 3);
  CHECK(out.empty());
  CHECK(totals(out, 0) == 3);  // the stream ended by itself
  std::int64_t sum = 0;
  for (const sample& s : events) sum += s.value;
  CHECK(out == output{sum});
}

TEST_CASE("stages are saved together, each at the barrier") {
  const auto events = samples(3000);
  const auto staged = [&](output& out, auto at_each) {
    return lv::flow("all"_s = lv::from(lv::values(std::span<const sample>(events))) | lv::map([at_each](const sample& s) {
                                at_each();
                                return s;
                              }),
                    "sums"_s = "all"_s | lv::stage<"work">() | lv::key_by(&sample::sensor) |
                               lv::scan(std::int64_t{0}, [](std::int64_t& sum, const sample& s) { return sum += s.value; }) |
                               lv::map([](std::int64_t v) { return sample{0, v}; }) | lv::stage<"out">(),
                    lv::merge("sums"_s, "all"_s | lv::stage<"out">()) |
                        lv::scan(std::int64_t{0}, [](std::int64_t& n, const sample& s) { return n += s.value; }) |
                        lv::to([&out](std::int64_t v) { out.push_back(v); }));
  };
  const auto run = [&](const lv::checkpoint_options& options, output& out, std::size_t stop_at) {
    lv::runner<> runner({.budget = 10});
    std::size_t seen = 0;
    auto flow = staged(out, [&] {
      if (++seen == stop_at) runner.request_stop();
    });
    lv::checkpoint saved(flow, options);
    REQUIRE(runner.run(flow));
    return saved.last();
  };
  const scratch without, with;
  output whole, parts;
  CHECK(run(without.options(), whole, 0) == 1);
  CHECK(run(with.options(), parts, 700) == 2);
  CHECK(parts.size() < whole.size());
  CHECK(run(with.options(), parts, 1100) == 3);
  CHECK(run(with.options(), parts, 0) == 3);
  REQUIRE(parts.size() == whole.size());
  CHECK(parts.back() == whole.back());  // the two streams may meet in another order: the sum of all is the same
}

TEST_CASE("it comes by itself after a while, and parameters come back") {
  const auto events = samples(100);
  const scratch in;
  auto options = in.options();
  options.every = 10_s;
  const auto value = lv::parameter("checkpoint.test", 1.5);
  output out;
  {
    auto flow = sums(events, out);
    lv::checkpoint saved(flow, options);
    flow.set_clock({0}, 0_s);
    REQUIRE(flow.open());
    REQUIRE(lv::set_parameter("checkpoint.test", 2.5));
    flow.set_clock({0}, 9_s);
    flow.poll(1);
    CHECK(flow.wake_at() == lv::duration(10_s));
    flow.set_clock({0}, 10_s);
    while (saved.last() == 1 && saved.status()) {
      flow.poll(0);
      std::this_thread::yield();
    }
    CHECK(saved.last() == 2);
  }
  REQUIRE(lv::set_parameter("checkpoint.test", 1.5));
  auto flow = sums(events, out);
  lv::checkpoint saved(flow, options);
  REQUIRE(flow.open());
  flow.poll(1);
  CHECK(value == 2.5);
}

TEST_CASE("what cannot be restored is refused in words") {
  const auto events = samples(100);
  const scratch in;
  output out;
  {
    auto flow = sums(events, out);
    lv::checkpoint saved(flow, in.options());
    REQUIRE(flow.open());
    bring_to_disk(flow, saved, 10);
  }
  const auto said = [&](auto flow, lv::checkpoint_options options) {
    lv::checkpoint saved(flow, options);
    const auto opened = flow.open();
    REQUIRE_FALSE(opened);
    return std::string(opened.error().sentence.view());
  };
  const auto has = [](const std::string& s, std::string_view part) { return s.find(part) != std::string::npos; };
  auto options = in.options();
  options.version = 3;
  CHECK(has(said(sums(events, out), options),
            "holds checkpoint 2 of version 0 of the state of 'test', and this program has version 3"));
  options = in.options();
  options.flow = "other";
  CHECK(has(said(sums(events, out), options), "of flow 'test', and this is 'other'"));

  const auto source = [&] { return lv::from(lv::values(std::span<const sample>(events))); };
  auto sink = lv::to([&out](const auto&) { out.push_back(0); });
  CHECK(has(said(lv::flow(source() | lv::key_by(&sample::sensor, lv::keys{.bound = 40}) |
                          lv::scan<"sum">(std::int32_t{0}, [](std::int32_t& n, const sample&) { return ++n; }) | sink),
                 in.options()),
            "'scan sum.0' was saved with 8 bytes a cell, and has 4 now"));
  CHECK(has(said(lv::flow(source() | lv::key_by(&sample::sensor, lv::keys{.bound = 41}) |
                          lv::scan<"sum">(std::int64_t{0}, [](std::int64_t& n, const sample&) { return ++n; }) | sink),
                 in.options()),
            "(is a bound another?)"));
  CHECK(has(said(lv::flow(source() | lv::key_by(&sample::sensor, lv::keys{.bound = 40}) |
                          lv::scan<"total">(std::int64_t{0}, [](std::int64_t& n, const sample&) { return ++n; }) | sink),
                 in.options()),
            "holds the state of operators that are not in this flow"));
}

TEST_CASE("a checkpoint that cannot be written is told, and the flow goes on") {
  const auto events = samples(1000);
  scratch in;
  output out;
  auto flow = sums(events, out);
  lv::checkpoint saved(flow, in.options());
  REQUIRE(flow.open());
  fs::remove_all(in.path);
  saved.take();
  while (saved.status()) {
    flow.poll(1);
    std::this_thread::yield();
  }
  REQUIRE_FALSE(saved.status());
  CHECK(saved.status().error().sentence.view().find("unfinished") != std::string_view::npos);
  fs::create_directories(in.path);
  saved.take();
  while (!saved.status()) flow.poll(0);
  CHECK(saved.last() == 2);
  bring_to_disk(flow, saved, 0);
}

namespace {
/// Says on which thread what is that far.
struct flag {
  lv::word<std::uint32_t> up{};
  void raise() { up.release(1); }  // pairs with the acquire in wait
  void wait() const {
    while (up.acquire() == 0) std::this_thread::yield();
  }  // pairs with the release in raise
};
/// Hears that the flow goes on another day.
struct hears_suspend {
  using is_sink = void;
  flag* heard;
  void write(const sample&, auto) {}
  void on(const lv::suspend&, auto) { heard->raise(); }
};
struct always_fails {
  using is_sink = void;
  void write(const sample&, auto) {}
  lv::result<> fault = lv::fault::of(lv::failure::data, "a line was lost");
  [[nodiscard]] const lv::result<>& status() const { return fault; }
};
/// Brings numbers, and for one below zero a barrier.
struct scripted {
  using event_type = int;
  static constexpr bool carries_barriers = true;
  std::vector<int> script;
  std::size_t at = 0;

  lv::polled poll(auto out, std::size_t) {
    if (at == script.size()) return lv::polled::nothing;
    const int next = script[at++];
    if (next < 0)
      out.raise(lv::barrier{static_cast<std::uint64_t>(-next)});
    else if (next > 0)
      out(std::span<const int>(&next, 1));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return at; }
};
struct hears_all {
  using is_sink = void;
  std::vector<int>* heard;
  void write(int e, auto) { heard->push_back(e); }
  void on(const lv::barrier& b, auto) { heard->push_back(b.id < 1000 ? -static_cast<int>(b.id) : -1000); }
};
constexpr auto add = [](std::int64_t& sum, const sample& s) { sum += s.value; };
}  // namespace

TEST_CASE("a stage whose stream has ended holds no checkpoint up, and is in all of them") {
  const auto few = samples(10), many = samples(100);
  const scratch in;
  output sums_of_few;
  std::size_t seen = 0;
  const auto run = [&](bool stops) {
    flag summed;
    lv::runner<> runner({.budget = 1});
    auto flow = lv::flow(lv::from(lv::values(std::span<const sample>(few))) | lv::stage<"few">() |
                             lv::fold(std::int64_t{0}, add) | lv::to([&](std::int64_t v) {
                               sums_of_few.push_back(v);
                               summed.raise();
                             }),
                         lv::from(lv::values(std::span<const sample>(many))) | lv::to([&](const sample&) {
                           ++seen;
                           if (!stops) return;
                           if (seen == 30) summed.wait();
                           if (seen == 60) runner.request_stop();
                         }));
    auto options = in.options();
    options.every = lv::duration{1};
    lv::checkpoint saved(flow, options);
    REQUIRE(runner.run(flow));
    return saved.last();
  };
  CHECK(run(true) >= 2);
  CHECK(seen < 100);
  REQUIRE(sums_of_few.size() == 1);
  run(false);
  CHECK(seen == 100);
  CHECK(sums_of_few.size() == 1);
}

TEST_CASE("a stream that has ended by itself has ended, also where a stage reads it only after the stop") {
  const auto few = samples(10), many = samples(100);
  const scratch in;
  output out;
  const auto run = [&](bool stops) {
    flag stopped;
    if (!stops) stopped.raise();
    lv::runner<> runner({.budget = 1});
    std::size_t seen = 0;
    auto flow = lv::flow(lv::from(lv::values(std::span<const sample>(few))) | lv::stage<"few">() | lv::map([&](const sample& s) {
                           stopped.wait();
                           return s;
                         }) | lv::fold(std::int64_t{0}, add) |
                             lv::to([&](std::int64_t v) { out.push_back(v); }),
                         lv::from(lv::values(std::span<const sample>(many))) | lv::map([&](const sample& s) {
                           if (++seen == 30 && stops) runner.request_stop();
                           return s;
                         }) | lv::to(hears_suspend{&stopped}));
    lv::checkpoint saved(flow, in.options());
    REQUIRE(runner.run(flow));
    return saved.last();
  };
  CHECK(run(true) == 2);
  CHECK(out.size() == 1);
  run(false);
  CHECK(out.size() == 1);
}

TEST_CASE("a flow that was stopped runs again by another runner, and then ends") {
  const auto events = samples(100);
  const scratch in;
  output out;
  lv::runner<> first({.budget = 10}), second;
  std::size_t seen = 0;
  auto flow = lv::flow(lv::from(lv::values(std::span<const sample>(events))) | lv::map([&](const sample& s) {
                         if (++seen == 20) first.request_stop();
                         return s;
                       }) |
                       lv::fold(std::int64_t{0}, add) | lv::to([&](std::int64_t v) { out.push_back(v); }));
  lv::checkpoint saved(flow, in.options());
  REQUIRE(first.run(flow));
  CHECK(out.empty());
  REQUIRE(second.run(flow));
  CHECK(seen == 100);
  CHECK(out.size() == 1);
}

TEST_CASE("a sink that has lost something does not take the last checkpoint away from the others") {
  const auto events = samples(100);
  const scratch in;
  lv::runner<> runner({.budget = 10});
  std::size_t seen = 0;
  auto flow = lv::flow(lv::from(lv::values(std::span<const sample>(events))) | lv::map([&](const sample& s) {
                         if (++seen == 20) runner.request_stop();
                         return s;
                       }) |
                       lv::to(always_fails{}));
  lv::checkpoint saved(flow, in.options());
  CHECK_FALSE(runner.run(flow));
  CHECK(saved.last() == 2);
}

TEST_CASE("a flow goes on without its checkpoint, also when that was not finished") {
  const auto events = samples(2000);
  const scratch in;
  output out;
  auto flow = sums(events, out);
  {
    lv::checkpoint saved(flow, in.options());
    REQUIRE(flow.open());
    saved.take();
    flow.poll(7);
    flow.poll(7);
    CHECK(flow.at<"sum">().state.is_being_kept());
  }
  CHECK_FALSE(flow.at<"sum">().state.is_being_kept());
  while (flow.poll() != lv::polled::end) {
  }
  CHECK(out.size() > 1000);
}

TEST_CASE("a checkpoint waits for a barrier of somebody else that not all sources have brought") {
  const scratch in;
  std::vector<int> heard;
  auto flow =
      lv::flow(lv::merge(lv::from(scripted{{1, -5, 2}}), lv::from(scripted{{3, 0, 0, 0, -5, 4}})) | lv::to(hears_all{&heard}));
  lv::checkpoint saved(flow, in.options());
  flow.set_clock({1'000'000}, {});
  REQUIRE(flow.open());
  flow.poll();
  saved.take();
  for (int i = 0; i < 20; ++i) flow.poll();
  std::string said;
  for (const int one : heard) said += std::to_string(one) + " ";
  CHECK(said == "1 3 -5 -1000 2 4 ");
}
