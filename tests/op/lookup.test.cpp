// SPDX-License-Identifier: BSL-1.0
#include <levada/op/lookup.hpp>

#include "../support/archive.hpp"
#include "../support/stream.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/trial.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <semaphore>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::reading;

namespace {

struct visit {
  std::uint32_t page;
  int number;
};
struct page {
  int owner = 0;
};
struct owned {
  int number;
  int owner;  // -1: not known
  friend bool operator==(const owned&, const owned&) = default;
};

constexpr auto with_owner = [](const visit& v, const page& p) { return owned{v.number, p.owner}; };
constexpr auto with_owner_if_known = [](const visit& v, const page* p) { return owned{v.number, p != nullptr ? p->owner : -1}; };

/// A table far away: what it was asked, and what it says of page n: 10 n, plus its edition.
struct service {
  std::vector<std::uint32_t> asked{};
  std::set<std::uint32_t> broken{};
  int edition = 0;

  lv::result<page> operator()(std::uint32_t n) {
    asked.push_back(n);
    if (broken.contains(n)) return lv::fault::of(lv::failure::data, "no page ", n);
    return page{static_cast<int>(n) * 10 + edition};
  }
};

struct outcome {
  std::vector<owned> output{};
  std::vector<std::pair<int, std::string>> refused{};

  auto refuse() {
    return [this](const lv::refusal<visit>& r) { refused.emplace_back(r.event.number, r.reason.view()); };
  }
};
template <class Fetch, class Combine>
auto looked_up(outcome& o, Fetch fetch, Combine combine, lv::lookup_options options) {
  return lv::trial(lv::flow(lv::from(lv::input<visit>()) | lv::lookup<"pages">(&visit::page, std::move(fetch), combine, options) |
                            lv::aside(lv::to(o.refuse())) | lv::to(lv::collect(o.output))));
}
auto inline_lookup(outcome& o, service& s, lv::lookup_options options = {}) {
  options.inline_fetch = true;
  return looked_up(o, [&s](std::uint32_t n) { return s(n); }, with_owner, options);
}

/// A fetcher that begins when it may, so that a test says when an answer comes.
struct gate {
  std::counting_semaphore<> begun{0}, may_end{0};

  auto fetcher() {
    return [this](std::uint32_t n) -> lv::result<page> {
      begun.release();
      may_end.acquire();
      return page{static_cast<int>(n) * 10};
    };
  }
};
/// Turns until so many have come out: the thread is on its way, and virtual time stands.
template <class Trial>
void turn_until(Trial& t, const outcome& o, std::size_t n) {
  while (o.output.size() + o.refused.size() < n) {
    t.raise(lv::flush{});
    std::this_thread::yield();
  }
}

/// Gathers what comes: a number is an event, one below zero a watermark, and zero a pause.
struct mark_sink {
  std::vector<int>* seen;
  using is_sink = void;
  void write(const owned& e, auto) { seen->push_back(e.number); }
  void on(const lv::watermark& w, auto) { seen->push_back(static_cast<int>(-w.time.ns)); }
  void on(const lv::idle&, auto) { seen->push_back(0); }
};

}  // namespace

TEST_CASE("every event with the row of its key, in the order of the events, however they are cut") {
  support::random r{5};
  std::vector<visit> events;
  std::vector<owned> expected;
  for (int i = 0; i < 3000; ++i) {
    const auto n = static_cast<std::uint32_t>(r.below(r.one_in(3) ? 500 : 20));
    events.push_back({n, i});
    expected.push_back({i, static_cast<int>(n) * 10});
  }
  for (const std::uint32_t bound : {1u, 2u, 7u, 64u, 1024u})
    CHECK(lv::agrees_in_any_cut([&](auto cut) {
      outcome o;
      service s;
      auto t = inline_lookup(o, s, {.bound = bound, .waiting = 3000});
      cut(events, [&](std::span<const visit> part) { t.push(part); });
      t.end();
      CHECK(o.output == expected);
      CHECK(o.refused.empty());
      if (bound == 1024) CHECK(std::set(s.asked.begin(), s.asked.end()).size() == s.asked.size());
      return o.output;
    }));
}

TEST_CASE("an event whose row is there waits behind those that wait for theirs") {
  outcome o;
  service s;
  auto t = inline_lookup(o, s);
  t.push(visit{1, 100});
  t.flow().push(std::vector<visit>{{1, 101}, {2, 102}, {1, 103}, {2, 104}});
  CHECK(o.output == std::vector<owned>{{100, 10}, {101, 10}});
  t.raise(lv::flush{});
  CHECK(o.output == std::vector<owned>{{100, 10}, {101, 10}, {102, 20}, {103, 10}, {104, 20}});
  CHECK(s.asked == std::vector<std::uint32_t>{1, 2});
  CHECK(t.at<"pages">().counts().hits == 2);
  CHECK(t.at<"pages">().counts().calls == 2);
}

TEST_CASE("a row past half of its life is used and fetched anew on the side; one past its life is not used") {
  outcome o;
  service s;
  auto t = inline_lookup(o, s, {.time_to_live = 10_s});
  t.push(visit{1, 0});
  s.edition = 1;
  t.pass(lv::duration{4'999'999'999}).push(visit{1, 1});
  CHECK(s.asked.size() == 1);
  t.pass(1_ns).push(visit{1, 2}).push(visit{1, 3});  // the old row, and then the new one
  CHECK(s.asked.size() == 2);
  s.edition = 2;
  t.pass(10_s).push(visit{1, 4});
  CHECK(o.output == std::vector<owned>{{0, 10}, {1, 10}, {2, 10}, {3, 11}, {4, 12}});
}

TEST_CASE("a fault goes aside with its sentence and is asked for again; a row is used while its refreshing fails") {
  outcome o;
  service s;
  s.broken = {2};
  auto t = inline_lookup(o, s, {.time_to_live = 10_s});
  t.flow().push(std::vector<visit>{{1, 0}, {2, 1}, {1, 2}, {2, 3}});
  t.push(visit{3, 4});
  CHECK(o.output == std::vector<owned>{{0, 10}, {2, 10}, {4, 30}});
  CHECK(o.refused == std::vector<std::pair<int, std::string>>{{1, "no page 2"}, {3, "no page 2"}});
  CHECK(t.at<"pages">().counts().faults == 1);
  s.broken = {1};
  t.push(visit{2, 5}).pass(6_s).push(visit{1, 6}).push(visit{1, 7});
  CHECK(o.output == std::vector<owned>{{0, 10}, {2, 10}, {4, 30}, {5, 20}, {6, 10}, {7, 10}});
  t.pass(4_s).push(visit{1, 8});
  CHECK(o.refused.back() == std::pair<int, std::string>{8, "no page 1"});
}

#if LEVADA_EXCEPTIONS
TEST_CASE("a fetcher that throws has a fault, also on its own thread") {
  for (const bool on_this_thread : {true, false}) {
    outcome o;
    auto t = looked_up(o, [](std::uint32_t) -> lv::result<page> { throw std::runtime_error("the line is dead"); }, with_owner,
                       {.inline_fetch = on_this_thread});
    t.push(visit{1, 0});
    turn_until(t, o, 1);
    CHECK(o.refused == std::vector<std::pair<int, std::string>>{{0, "the line is dead"}});
  }
}
#endif

TEST_CASE("what finds no room to wait goes aside and is counted; a full cache lets go what was not used for longest") {
  outcome o;
  service s;
  auto t = inline_lookup(o, s, {.bound = 16, .waiting = 2});
  t.flow().push(std::vector<visit>{{1, 0}, {1, 1}, {1, 2}, {2, 3}});
  t.raise(lv::flush{});
  CHECK(o.output == std::vector<owned>{{0, 10}, {1, 10}});
  CHECK(o.refused.size() == 2);
  CHECK(t.at<"pages">().counts().no_room == 2);

  s.asked.clear();
  for (std::uint32_t n = 10; n < 100; ++n) t.push(visit{n, 0}).push(visit{1, 0});  // 1 is always in use
  CHECK(s.asked.size() == 90);
  t.push(visit{99, 0}).push(visit{98, 0}).push(visit{97, 0});  // the latest ones are still there
  CHECK(s.asked.size() == 90);
}

TEST_CASE("a fetcher in batches is given the keys of a turn; those it leaves out have a fault") {
  outcome o;
  std::vector<std::size_t> batches;
  auto t = looked_up(o, lv::in_batches<page>([&](std::span<const std::uint32_t> keys, auto answer) {
                       batches.push_back(keys.size());
                       for (std::size_t i = keys.size(); i-- > 0;)
                         if (keys[i] != 3) answer(i, page{static_cast<int>(keys[i]) * 10});
                     }),
                     with_owner, {.waiting = 8, .inline_fetch = true});
  t.push(std::vector<visit>{{1, 0}, {2, 1}, {1, 2}, {3, 3}, {4, 4}});
  CHECK(batches == std::vector<std::size_t>{4});
  CHECK(o.output == std::vector<owned>{{0, 10}, {1, 20}, {2, 10}, {4, 40}});
  CHECK(o.refused == std::vector<std::pair<int, std::string>>{{3, "the fetcher gave no answer"}});
  t.push(std::vector<visit>{{11, 5}, {12, 6}, {13, 7}, {14, 8}, {15, 9}, {16, 10}});  // over the end of the ring
  CHECK(batches == std::vector<std::size_t>{4, 4, 2});
  CHECK(o.output.size() == 10);
}

TEST_CASE("who waits for longer than its patience goes aside, or on without a row in its place") {
  for (const bool goes_on : {false, true}) {
    gate g;
    outcome o;
    const auto feed = [&](auto t) {
      t.push(visit{1, 0}).push(visit{2, 1}).pass(500_ms).push(visit{1, 2});
      CHECK(o.output.empty());
      t.pass(lv::duration{499'999'999});
      CHECK(o.output.size() + o.refused.size() == 0);
      t.pass(1_ns);
      CHECK(o.output.size() + o.refused.size() == 2);
      CHECK(t.template at<"pages">().counts().unanswered == 2);
      g.may_end.release(2);
      turn_until(t, o, 3);
    };
    if (goes_on) {
      feed(looked_up(o, g.fetcher(), with_owner_if_known, {}));
      CHECK(o.output == std::vector<owned>{{0, -1}, {1, -1}, {2, 10}});
    } else {
      feed(looked_up(o, g.fetcher(), with_owner, {}));
      CHECK(o.output == std::vector<owned>{{2, 10}});
      const std::string why = "no answer came within its patience";
      CHECK(o.refused == std::vector<std::pair<int, std::string>>{{0, why}, {1, why}});
    }
  }
}

TEST_CASE("it wants to be woken while somebody is asked, and only then") {
  gate g;
  outcome o;
  auto t = looked_up(o, g.fetcher(), with_owner, {});
  CHECK(t.flow().due() == lv::never);
  t.pass(1_s).push(visit{1, 0});
  CHECK(t.flow().due() == lv::timestamp{} + 1_s + 1_ms);
  t.pass(1_ms);
  CHECK(t.flow().due() == lv::timestamp{} + 1_s + 2_ms);
  g.may_end.release();
  turn_until(t, o, 1);
  CHECK(t.flow().due() == lv::never);
}

TEST_CASE("on its own thread: the flow goes on meanwhile, and the end waits for what was asked") {
  gate g;
  outcome o;
  auto t = looked_up(o, g.fetcher(), with_owner, {.patience = 3600_s});
  t.push(visit{1, 0});
  g.begun.acquire();  // the fetcher is at it
  t.push(visit{2, 1}).push(visit{1, 2});
  CHECK(o.output.empty());
  g.may_end.release();
  turn_until(t, o, 1);
  CHECK(o.output.front() == owned{0, 10});
  g.may_end.release();
  t.end();
  CHECK(o.output == std::vector<owned>{{0, 10}, {1, 20}, {2, 10}});
}

TEST_CASE("on its own thread: many events, the same output") {
  outcome o;
  auto t = looked_up(o, [](std::uint32_t n) -> lv::result<page> { return page{static_cast<int>(n) * 10}; }, with_owner,
                     {.bound = 50, .patience = 3600_s, .waiting = 4096});
  std::vector<owned> expected;
  support::random r{9};
  for (int i = 0; i < 4000; ++i) {
    const auto n = static_cast<std::uint32_t>(r.below(200));
    expected.push_back({i, static_cast<int>(n) * 10});
    t.push(visit{n, i});
  }
  t.end();
  CHECK(o.output == expected);
}

TEST_CASE("it ends while somebody is asked, and one that was never opened ends as well") {
  gate g;
  outcome o;
  g.may_end.release(100);
  {
    auto t = looked_up(o, g.fetcher(), with_owner, {});
    t.push(visit{1, 0});
  }
  auto never_opened =
      lv::flow(lv::from(lv::input<visit>()) | lv::lookup(&visit::page, g.fetcher(), with_owner) | lv::to(lv::collect(o.output)));
  CHECK(never_opened.due() == lv::never);
}

TEST_CASE("watermarks and pauses keep their place among the events that wait") {
  std::vector<int> seen;
  service s;
  auto flow = lv::flow(lv::from(lv::input<visit>()) |
                       lv::lookup(&visit::page, [&](std::uint32_t n) { return s(n); }, with_owner, {.inline_fetch = true}) |
                       lv::to(mark_sink{&seen}));
  REQUIRE(flow.open());
  flow.raise_everywhere(lv::watermark{{5}});
  flow.push(visit{1, 1});
  flow.raise_everywhere(lv::watermark{{6}});
  flow.raise_everywhere(lv::watermark{{7}});
  flow.push(visit{2, 2});
  flow.push(visit{1, 3});
  flow.raise_everywhere(lv::watermark{{8}});
  flow.raise_everywhere(lv::idle{});
  CHECK(seen == std::vector<int>{-5});
  flow.raise_everywhere(lv::flush{});
  CHECK(seen == std::vector<int>{-5, 1, -7, 2, 3, -8, 0});
  flow.raise_everywhere(lv::watermark{{9}});
  flow.raise_everywhere(lv::idle{});
  CHECK(seen == std::vector<int>{-5, 1, -7, 2, 3, -8, 0, -9, 0});
}

TEST_CASE("what waits for a key of the stream that is retired goes aside before its slot is another's") {
  gate g;
  outcome o;
  lv::trial t(lv::flow(lv::from(lv::input<visit>()) | lv::key_by(&visit::page, {.bound = 8, .idle = 1_s}) |
                       lv::lookup(&visit::page, g.fetcher(), with_owner, {.patience = 3600_s}) | lv::aside(lv::to(o.refuse())) |
                       lv::to(lv::collect(o.output))),
              {100'000'000'000});
  t.push(visit{1, 0}).pass(10_s);
  CHECK(o.refused == std::vector<std::pair<int, std::string>>{{0, "its key was retired"}});
  g.may_end.release(2);
  t.push(visit{2, 1}).end();
  CHECK(o.output == std::vector<owned>{{1, 20}});
}

TEST_CASE("after a restart the rows are there, and what waited is asked again and comes first") {
  const auto make = [](outcome& o, service& s) { return inline_lookup(o, s, {.bound = 8, .waiting = 8}); };
  outcome before, after, unbroken;
  service s, s_after, s_unbroken;
  auto a = make(before, s);
  auto b = make(after, s_after);
  auto c = make(unbroken, s_unbroken);
  const auto first = [](auto& t) {
    t.push(visit{1, 0}).push(visit{2, 1});
    t.flow().push(std::vector<visit>{{3, 2}, {1, 3}, {4, 4}});
  };
  first(a);
  first(c);
  support::archive kept(a.template at<"pages">());
  kept.load_into(b.template at<"pages">());
  CHECK(b.template at<"pages">().held() == 3);
  CHECK(b.flow().due() < lv::timestamp{});
  const auto rest = [](auto& t) { t.pass(30_s).push(visit{2, 5}).push(visit{3, 6}).end(); };
  rest(b);
  rest(c);
  CHECK(after.output == std::vector<owned>{{2, 30}, {3, 10}, {4, 40}, {5, 20}, {6, 30}});
  CHECK(unbroken.output == std::vector<owned>{{0, 10}, {1, 20}, {2, 30}, {3, 10}, {4, 40}, {5, 20}, {6, 30}});
  CHECK(s_after.asked == std::vector<std::uint32_t>{3, 4, 2});  // 2 is past half of its life
  CHECK(after.refused.empty());
}
