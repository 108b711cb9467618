// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/staged_graph.hpp>

#include "../support/scratch_bus.hpp"
#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/boundary.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/fork.hpp>
#include <levada/flow/route.hpp>
#include <levada/flow/runner.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/sink/topic.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/topic.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::page;
using support::reading;
using support::text;

namespace {

/// A stage that is none, for the same flow on one thread.
auto nowhere() {
  return lv::filter([](const auto&) { return true; });
}
auto source_of(const std::vector<reading>& events) { return lv::from(lv::values(std::span(events))); }

/// Counts upwards for ever, or until `last`; `taken` is where it stands.
struct counter {
  using event_type = std::uint64_t;
  std::atomic<std::uint64_t>* taken;
  std::uint64_t last = UINT64_MAX;
  std::uint64_t next = 0;
  lv::result<> trouble{};

  [[nodiscard]] lv::polled poll(auto out, std::size_t budget) {
    std::array<std::uint64_t, 256> some;
    std::size_t n = 0;
    while (n < some.size() && n < budget && next < last) some[n++] = next++;
    if (n == 0) return lv::polled::end;
    taken->store(next);
    out(std::span<const std::uint64_t>(some.data(), n));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return next; }
  [[nodiscard]] const lv::result<>& status() const { return trouble; }
};

/// Readings whose processing time is their own.
struct timed_readings {
  using event_type = reading;
  static constexpr bool brings_time = true;
  std::span<const reading> events;
  std::size_t at = 0;

  [[nodiscard]] lv::polled poll(auto out, std::size_t budget) {
    if (at == events.size()) return lv::polled::end;
    for (std::size_t n = 0; n < budget && at < events.size(); ++n, ++at) {
      out.advance(events[at].time);
      out(events.subspan(at, 1));
    }
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return at; }
};

struct block {
  std::uint64_t number;
  std::array<char, 4088> load;
};

/// Work that takes some microseconds.
std::uint64_t work(std::uint64_t seed, int rounds) {
  support::random r{seed};
  std::uint64_t sum = 0;
  for (int i = 0; i < rounds; ++i) sum ^= r.next();
  return sum;
}

struct row {
  std::uint32_t sensor;
  std::int64_t sum;
  friend bool operator==(const row&, const row&) = default;
};

}  // namespace

TEST_CASE("a flow of one to four stages gives what it gives on one thread: many operators, windows, branches, in order") {
  const auto events = support::readings(30'000, 9);
  auto outcome = [&](auto one, auto two, auto three, auto four) {
    std::vector<double> seen;
    auto flow =
        lv::flow(source_of(events) | std::move(one) | lv::filter([](const reading& r) { return r.level % 3 != 0; }) |
                 lv::map([](const reading& r) { return r.value * r.level; }) | std::move(two) |
                 lv::scan(0.0, [](double& sum, double v) { return sum = sum * 0.5 + v; }) |
                 lv::fork(lv::map([](double v) { return v + 1; }), lv::filter([](double v) { return v > 0; })) |
                 std::move(three) | lv::window<lv::tumbling{7}>(lv::aggregate<lv::mean, lv::max>([](double v) { return v; })) |
                 lv::map([](const auto& r) { return r.template get<lv::mean>() + r.template get<lv::max>(); }) | std::move(four) |
                 lv::to([&](double v) { seen.push_back(v); }));
    REQUIRE(lv::runner<>({.budget = 1000}).run(flow));
    return seen;
  };
  const auto expected = outcome(nowhere(), nowhere(), nowhere(), nowhere());
  REQUIRE(expected.size() > 3000);
  CHECK(outcome(lv::stage<"a">(), nowhere(), nowhere(), nowhere()) == expected);
  CHECK(outcome(nowhere(), lv::stage<"a">(), lv::stage<"b">(), nowhere()) == expected);
  CHECK(outcome(lv::stage<"a">(), lv::stage<"b">(), lv::stage<"c">(), lv::stage<"d">()) == expected);
  CHECK(outcome(lv::stage(), lv::stage(), lv::stage(), lv::stage()) == expected);
}

TEST_CASE("keys above and below a stage, windows in the time of the events: the same as a loop") {
  const auto events = support::readings(20'000, 5);
  auto outcome = [&](auto cut) {
    std::vector<row> seen;
    auto flow = lv::flow(
        lv::from(timed_readings{events}) | std::move(cut) | lv::key_by(&reading::sensor) |
        lv::window<lv::tumbling{1_s}>(lv::aggregate<lv::sum>(&reading::level), lv::aggregate<lv::first>(&reading::sensor)) |
        lv::map([](const auto& r) {
          return row{r.template get<lv::first>(), static_cast<std::int64_t>(r.template get<lv::sum>())};
        }) |
        lv::stage<"last">() | lv::key_by(&row::sensor) |
        lv::scan(std::int64_t{0}, [](std::int64_t& sum, const row& r) { return row{r.sensor, sum += r.sum}; }) |
        lv::to([&](const row& r) { seen.push_back(r); }));
    REQUIRE(lv::runner<>({.base = lv::time_base::events}).run(flow));
    return seen;
  };
  std::map<std::uint32_t, std::int64_t> sums, total;
  std::vector<row> got = outcome(nowhere());
  for (const row& r : got) sums[r.sensor] = r.sum;
  for (const reading& r : events) total[r.sensor] += r.level;
  CHECK(sums == total);
  CHECK(got.size() > 20);
  CHECK(outcome(lv::stage<"first">()) == got);
}

TEST_CASE("streams meet on a stage of one name, each in its own order, with one end and the least of their times") {
  std::atomic<std::uint64_t> a{0}, b{0};
  std::vector<std::uint64_t> odd, even;
  int ends = 0;
  auto flow =
      lv::flow("even"_s = lv::from(counter{&b, 30'000}) | lv::stage<"other">() | lv::map([](std::uint64_t i) { return 2 * i; }) |
                          lv::stage<"sum">(),
               "odd"_s = lv::from(counter{&a, 50'000}) | lv::map([](std::uint64_t i) { return 2 * i + 1; }) | lv::stage<"sum">(),
               lv::merge("odd"_s, "even"_s) | lv::fork(lv::to([&](std::uint64_t i) { (i % 2 == 0 ? even : odd).push_back(i); }),
                                                       lv::fold(0, [](int&, std::uint64_t) {}) | lv::to([&](int) { ++ends; })));
  CHECK(flow.threads == 3);
  REQUIRE(lv::runner<>{}.run(flow));
  REQUIRE(odd.size() == 50'000);
  REQUIRE(even.size() == 30'000);
  for (std::uint64_t i = 0; i < 50'000; ++i) REQUIRE(odd[i] == 2 * i + 1);
  for (std::uint64_t i = 0; i < 30'000; ++i) REQUIRE(even[i] == 2 * i);
  CHECK(ends == 1);
}

TEST_CASE("watermarks and barriers meet on a stage as on one thread") {
  using support::step;
  page seen;
  std::vector<step> a, b;
  for (std::int64_t i = 1; i <= 100; ++i) {
    a.push_back({step::event, 1000 + i});
    b.push_back({step::watermark, 3 * i});
    a.push_back({step::watermark, 2 * i});
    if (i % 10 == 0) a.push_back({step::barrier, i}), b.push_back({step::barrier, i});
    b.push_back({step::event, 2000 + i});
  }
  a.push_back({step::end}), b.push_back({step::end});
  auto flow = lv::flow(
      lv::merge(lv::from(support::scripted{a}) | lv::stage<"sum">(), lv::from(support::scripted{b}) | lv::stage<"sum">()) |
      lv::to(support::diary{&seen}));
  REQUIRE(lv::runner<>{}.run(flow));
  const page barriers = support::only(seen, "barrier ");
  REQUIRE(barriers.size() == 10);
  std::int64_t time = 0, last = 0;
  for (const std::string& line : seen) {
    if (line.starts_with("watermark ")) {
      CHECK(std::stoll(line.substr(10)) > time);
      time = std::stoll(line.substr(10));
    } else if (line.starts_with("barrier ")) {
      CHECK(std::stoll(line.substr(8)) == last + 10);
      last = std::stoll(line.substr(8));
    } else if (line[0] == '1') {
      CHECK((std::stoll(line) - 1000 > last && std::stoll(line) - 1000 <= last + 10));
    } else if (line[0] == '2') {
      CHECK((std::stoll(line) - 2000 >= last && std::stoll(line) - 2000 < last + 10));
    }
  }
  CHECK(time >= 200);
  CHECK(seen.back() == "end");
}

TEST_CASE("a stage that is slow holds up those above it, and nothing is lost or dropped") {
  std::atomic<std::uint64_t> taken{0};
  std::uint64_t next = 0, furthest = 0;
  auto flow = lv::flow(lv::from(counter{&taken, 9000}) | lv::map([](std::uint64_t i) { return block{i, {}}; }) |
                       lv::stage<"slow">() | lv::to<"out">([&](const block& b) {
                         REQUIRE(b.number == next);
                         ++next;
                         furthest = std::max(furthest, taken.load() - b.number);
                         CHECK(work(b.number, 200) != 0);
                       }));
  REQUIRE(lv::runner<>({.mode = lv::profile::fast}).run(flow));
  CHECK(next == 9000);
  CHECK(furthest < 4800);  // a ring of 4 MiB, a span of the source, a batch
  CHECK(flow.counts<"out">().in == 9000);
  flow.for_each_count([](const lv::operator_counts& c) { CHECK(c.dropped == 0); });
}

TEST_CASE("a stop while all are busy drains: what was taken from the source comes out at the end") {
  for (const lv::profile mode : {lv::profile::eco, lv::profile::fast}) {
    std::atomic<std::uint64_t> taken{0}, seen{0};
    bool in_order = true, ended = false;
    auto flow = lv::flow(lv::from(counter{&taken}) | lv::stage<"a">() | lv::map([](std::uint64_t i) { return i + 1; }) |
                         lv::stage<"b">() |
                         lv::fork(lv::to([&](std::uint64_t i) {
                                    in_order = in_order && i == seen + 1;
                                    seen = i;
                                  }),
                                  lv::fold(0, [](int&, std::uint64_t) {}) | lv::to([&](int) { ended = true; })));
    lv::runner<> runner({.mode = mode});
    REQUIRE(runner.start(flow));
    while (seen < 100'000) std::this_thread::yield();
    CHECK(runner.stop());
    CHECK(seen == taken);
    CHECK(in_order);
    CHECK(ended);
  }
}

TEST_CASE("a source that ends with a fault: what it had brought comes out, then the run says why") {
  std::atomic<std::uint64_t> taken{0};
  std::uint64_t sum = 0;
  auto flow = lv::flow(lv::from(counter{&taken, 10'000, 0, lv::fault::of(lv::failure::data, "row 10001 is no row")}) |
                       lv::stage<"a">() | lv::stage<"b">() | lv::to([&](std::uint64_t i) { sum += i; }));
  const auto done = lv::runner<>{}.run(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().sentence.view() == "row 10001 is no row");
  CHECK(sum == 49'995'000);
}

#if LEVADA_EXCEPTIONS
TEST_CASE("an operator that throws, on whichever thread, ends the flow on all of them with what it said") {
  for (int place = 0; place < 4; ++place) {
    for (const std::uint64_t when : {std::uint64_t{0}, std::uint64_t{1000}, std::uint64_t{300'000}}) {
      CAPTURE(place);
      CAPTURE(when);
      std::atomic<std::uint64_t> taken{0};
      auto bad = [&](int here) {
        return lv::map([=](std::uint64_t i) {
          if (here == place && i == when) throw std::runtime_error("no good: " + std::to_string(here));
          return i;
        });
      };
      auto flow = lv::flow(lv::from(counter{&taken}) | bad(0) | lv::stage<"a">() | bad(1) | lv::stage<"b">() | bad(2) |
                           lv::stage<"c">() | bad(3) | lv::to([](std::uint64_t) {}));
      const auto done = lv::runner<>{}.run(flow);
      REQUIRE_FALSE(done);
      CHECK(done.error().kind == lv::failure::internal);
      CHECK(done.error().sentence.view().find("no good: " + std::to_string(place)) != std::string_view::npos);
    }
  }
}

TEST_CASE("a throw at the very end, while other stages end too, is heard, and nobody touches what is gone") {
  for (int round = 0; round < 200; ++round) {
    const std::array<int, 1> one{1};
    auto fails = lv::flow(lv::from(lv::values<int>(one)) | lv::stage<"a">() | lv::fold(0, [](int& n, int) { ++n; }) |
                          lv::map([](int i) -> int {
                            if (i == 1) throw std::runtime_error("too late");
                            return i;
                          }) |
                          lv::to([](int) {}));
    std::atomic<int> seen{0};
    auto good = lv::flow(lv::from(lv::values<int>(one)) | lv::stage<"b">() | lv::to([&](int) { ++seen; }));
    lv::runner<> runner;
    const auto done = runner.run(fails, good);
    REQUIRE_FALSE(done);
    REQUIRE(done.error().sentence.view().find("too late") != std::string_view::npos);
  }
}
#endif

TEST_CASE("a processor that is not there is refused in words, and nothing has started") {
  const std::array<int, 3> events{1, 2, 3};
  int seen = 0;
  auto flow = lv::flow(lv::from(lv::values<int>(events)) | lv::stage<"far">(lv::core{4711}) | lv::stage<"near">() |
                       lv::to([&](int) { ++seen; }));
  lv::runner<> runner;
  auto done = runner.run(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == lv::failure::unavailable);
  CHECK(done.error().sentence.view().starts_with("thread 'far' cannot run on core 4711"));
  done = runner.start(flow);
  CHECK_FALSE(done);
  CHECK(seen == 0);
  auto fine = lv::flow(lv::from(lv::values<int>(events)) | lv::stage<"here">() | lv::to([&](int) { ++seen; }));
  CHECK(runner.run(fine));
  CHECK(seen == 3);
}

TEST_CASE("a runner runs one flow after the other; one that has ended has nothing more to say") {
  const std::array<int, 3> events{1, 2, 3};
  int first = 0, second = 0;
  auto a = lv::flow(lv::from(lv::values<int>(events)) | lv::stage<"x">() | lv::to([&](int) { ++first; }));
  auto b = lv::flow(lv::from(lv::values<int>(events)) | lv::stage<"x">() | lv::stage<"y">() | lv::to([&](int) { ++second; }));
  lv::runner<> runner;
  CHECK(runner.run(a));
  CHECK(runner.run(b));
  CHECK(runner.run(a));
  REQUIRE(runner.start(b));
  CHECK(runner.wait());
  CHECK(first == 3);
  CHECK(second == 3);
}

TEST_CASE("several flows in one runner: one ends early, the others go on to their own ends") {
  std::atomic<std::uint64_t> a{0}, b{0}, c{0};
  std::uint64_t sum_a = 0, sum_b = 0, sum_c = 0;
  auto flow = [](auto& taken, std::uint64_t last, auto cut, std::uint64_t& sum) {
    return lv::flow(lv::from(counter{&taken, last}) | std::move(cut) | lv::to([&sum](std::uint64_t i) { sum += i; }));
  };
  auto one = flow(a, 10, lv::stage<"a">(), sum_a);
  auto two = flow(b, 100'000, lv::stage<"b">(), sum_b);
  auto three = flow(c, 1000, nowhere(), sum_c);
  CHECK(lv::runner<>{}.run(one, two, three));
  CHECK(sum_a == 45);
  CHECK(sum_b == 4'999'950'000);
  CHECK(sum_c == 499'500);
}

TEST_CASE("a flow that is cut at a topic gives what it gives whole; watermarks and time are in the topic") {
  const scratch_bus here;
  const lv::topic<reading> between(here.bus(), "between", {.grain = lv::duration{1}});
  const auto events = support::readings(5000, 5);
  auto above = [&] { return lv::from(timed_readings{events}) | lv::filter([](const reading& r) { return r.level > 0; }); };
  auto below = [](auto begin, std::vector<std::int64_t>& seen) {
    return std::move(begin) | lv::window<lv::tumbling{100_ms}>(lv::aggregate<lv::sum>(&reading::level)) |
           lv::map([](const auto& r) { return static_cast<std::int64_t>(r.template get<lv::sum>()); }) |
           lv::to([&](std::int64_t v) { seen.push_back(v); });
  };
  std::vector<std::int64_t> whole, cut;
  auto one = lv::flow(below(above(), whole));
  REQUIRE(lv::runner<>({.base = lv::time_base::events}).run(one));

  auto reads = lv::flow(below(lv::from(between), cut));
  auto writes = lv::flow(above() | lv::to<"out">(between));
  lv::runner<> reader({.base = lv::time_base::events}), writer({.base = lv::time_base::events});
  REQUIRE(writer.open(writes));
  REQUIRE(reader.start(reads));
  while (writer.poll(writes) != lv::polled::end) {
  }
  while (!writes.at<"out">().target.publication().signal(lv::lane_kind::end, 0, events.back().time)) std::this_thread::yield();
  CHECK(writer.finish(writes));
  CHECK(reader.wait());
  CHECK(whole.size() > 10);
  // The last window of the whole flow is closed by its end, as is the one of the flow behind the topic.
  CHECK(cut == whole);
}

namespace {
/// Brings barrier 1 after its first span, then goes on.
struct early {
  using event_type = int;
  static constexpr bool carries_barriers = true;
  int made = 0;
  lv::polled poll(auto out, std::size_t) {
    if (made >= 200'000) return lv::polled::end;
    const std::array<int, 256> some{};
    made += 256;
    out(std::span<const int>(some));
    if (made == 256) out.raise(lv::barrier{1});
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return 0; }
};
/// Brings it late: after a hundred polls.
struct tardy {
  using event_type = int;
  static constexpr bool carries_barriers = true;
  int asked = 0;
  lv::polled poll(auto out, std::size_t) {
    if (++asked < 100) return lv::polled::events;
    if (asked > 100) return lv::polled::end;
    out.raise(lv::barrier{1});
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return 0; }
};
/// Rows ten a second, of long ago; most are filtered away above.
struct slow_rows {
  using event_type = int;
  static constexpr bool brings_time = true;
  int made = 0;
  lv::polled poll(auto out, std::size_t) {
    if (made == 400) return lv::polled::end;
    out.advance({1'600'000'000'000'000'000 + made * 100'000'000LL});
    const int one = made % 10 == 0 ? 1 : -1;
    ++made;
    out(std::span<const int>(&one, 1));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return 0; }
};
}  // namespace

TEST_CASE("sources whose streams meet on another thread wait for each other's barriers above it") {
  std::uint64_t seen = 0;
  auto flow = lv::flow(lv::merge(lv::from(early{}) | lv::stage<"s">(), lv::from(tardy{}) | lv::stage<"s">()) |
                       lv::to([&](int) { ++seen; }));
  CHECK(lv::runner<>{}.run(flow));  // a ring that fills up would hold the thread that the other source needs
  CHECK(seen == 200'192);
}

TEST_CASE("time below a stage is that of the thread above, also while nothing comes from there") {
  auto count = [](auto cut) {
    std::vector<std::int64_t> starts;
    auto flow = lv::flow(lv::from(slow_rows{}) | lv::filter([](int i) { return i > 0; }) | cut |
                         lv::window<lv::tumbling{1_s}>(lv::aggregate<lv::count>([](int i) { return i; })) |
                         lv::to([&](const auto& row) { starts.push_back(row.start.ns); }));
    CHECK(lv::runner<>{}.run(flow));  // with the clock as its base: decades after the rows
    return starts;
  };
  const auto fused = count(lv::filter([](int) { return true; }));
  CHECK(fused.size() == 40);
  CHECK(count(lv::stage()) == fused);
}

TEST_CASE("a slow thread below holds nobody up where the stage may lose: each event comes in order, or is counted") {
  for (const auto when_full : {lv::overflow::drop_newest, lv::overflow::drop_oldest}) {
    CAPTURE(static_cast<int>(when_full));
    std::atomic<std::uint64_t> taken{};
    std::uint64_t came = 0, last = 0, misplaced = 0;
    constexpr std::uint64_t all = 700'000;
    auto flow = lv::flow(lv::from(counter{&taken, all}) | lv::stage<"slow">(when_full) | lv::to<"out">([&](std::uint64_t i) {
                           misplaced += came > 0 && i <= last ? 1u : 0u;
                           last = i;
                           if (++came % 64 == 0) (void)work(i, 2000);
                         }));
    REQUIRE(lv::runner<>().run(flow));
    const auto counts = flow.counts<"slow">();
    CHECK(misplaced == 0);
    CHECK(counts.in == all);
    CHECK(counts.out == came);
    CHECK(counts.in == counts.out + counts.dropped);
    if (when_full == lv::overflow::drop_oldest) CHECK(last == all - 1);
  }
}
