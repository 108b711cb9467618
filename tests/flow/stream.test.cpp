// SPDX-License-Identifier: BSL-1.0
#include <levada/flow/stream.hpp>

#include "../support/script.hpp"
#include "../support/stream.hpp"

#include <levada/flow/draw.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/fork.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/filter.hpp>
#include <levada/op/fold.hpp>
#include <levada/op/key_by.hpp>
#include <levada/op/map.hpp>
#include <levada/op/scan.hpp>
#include <levada/op/select.hpp>
#include <levada/op/window.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lv = levada;
using namespace lv::literals;
using support::diary;
using support::page;
using support::scripted;
using support::step;
using support::text;

namespace {

auto ints() { return lv::input<std::int64_t>(); }
auto add(std::int64_t n) {
  return lv::map([n](std::int64_t i) { return i + n; });
}

/// Raises the watermark that an event implies, `late` before it.
struct time_of_events {
  [[maybe_unused]] static constexpr std::string_view kind = "time_of_events";
  static constexpr std::string_view name = "";
  static constexpr bool one_to_one = true;
  std::int64_t late;
  std::int64_t state = 0;  // small and trivially copyable: it is framed in a long span

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  void operator()(const std::int64_t& e, auto out) {
    out(e);
    if (e <= state) return;
    state = e;
    out.raise(lv::watermark{{e - late}});
  }
};

/// Passes signals on, and then does something more of each kind.
struct echo {
  [[maybe_unused]] static constexpr std::string_view kind = "echo";
  static constexpr std::string_view name = "";

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  void operator()(const std::int64_t& e, auto out) { out(e); }
  void on(const lv::tick& t, auto out) {
    out.raise(t);
    out(std::int64_t{-1});
    out.raise(lv::barrier{1});
  }
  void on(const lv::watermark& w, auto out) {
    out.raise(w);
    out(std::int64_t{-2});
    out.raise(lv::watermark{{w.time.ns + 1}});
  }
};

#if LEVADA_EXCEPTIONS
/// A sink that cannot bear the first watermark.
struct refuses {
  using is_sink = void;
  page* lines;

  void write(const std::int64_t&, auto) {}
  void on(const lv::watermark& w, auto) {
    if (w.time.ns == 1) throw std::runtime_error("not yet");
    lines->push_back(support::words_of(w));
  }
};
#endif

/// What a merge is to say of time, as its documentation puts it.
class naive_merge {
 public:
  explicit naive_merge(std::size_t streams) : lines_(streams) {}

  /// What goes on of what comes from stream i.
  std::vector<step> hear(std::size_t i, const step& s) {
    line& l = lines_[i];
    if (l.ended) return {};
    switch (s.kind) {
      case step::event: return {s};
      case step::watermark:
        l.watermark = std::max(l.watermark, s.value);
        l.idle = false;
        break;
      case step::idle: l.idle = true; break;
      case step::end: l.ended = true; break;
      case step::barrier:
      case step::nothing: return {};
    }
    if (std::ranges::all_of(lines_, &line::ended)) return {{step::end}};
    std::int64_t least = lv::never.ns;
    for (const line& one : lines_)
      if (!one.idle && !one.ended) least = std::min(least, one.watermark);
    const bool pauses = least == lv::never.ns;
    if (pauses) return idle_ = true, std::vector<step>{{step::idle}};
    const bool resumes = std::exchange(idle_, false);
    if (least <= passed_ && !resumes) return {};
    passed_ = std::max(passed_, least);
    return {{step::watermark, passed_}};
  }

 private:
  struct line {
    std::int64_t watermark = lv::long_ago.ns;
    bool idle = false;
    bool ended = false;
  };
  std::vector<line> lines_;
  std::int64_t passed_ = lv::long_ago.ns;
  bool idle_ = false;
};

std::string words_of(const step& s) {
  switch (s.kind) {
    case step::event: return std::to_string(s.value);
    case step::watermark: return "watermark " + std::to_string(s.value);
    case step::idle: return "idle";
    case step::end: return "end";
    default: return {};
  }
}

/// To say a time, or a pause, again is to say nothing.
page said(const page& lines) {
  page news;
  std::string time;
  bool pauses = false;
  for (const std::string& line : lines) {
    if (line.starts_with("start")) continue;
    if (line.starts_with("watermark")) {
      if (std::exchange(time, line) == line) continue;
      pauses = false;
    }
    if (line == "idle" && std::exchange(pauses, true)) continue;
    news.push_back(line);
  }
  return news;
}

/// A source's life: events, watermarks that mostly rise, pauses; sometimes an end.
std::vector<step> random_steps(support::random& r, std::size_t n) {
  std::vector<step> steps;
  std::int64_t time = static_cast<std::int64_t>(r.below(50));
  for (std::size_t i = 0; i < n; ++i) {
    time += static_cast<std::int64_t>(r.below(10));
    switch (r.below(8)) {
      case 0: steps.push_back({step::idle, 0}); break;
      case 1: steps.push_back({step::nothing, 0}); break;
      case 2: steps.push_back({step::watermark, time - 15}); break;  // often back in time: of no effect
      case 3:
      case 4: steps.push_back({step::watermark, time}); break;
      default: steps.push_back({step::event, time}); break;
    }
  }
  if (r.one_in(2)) steps.push_back({step::end, 0});
  return steps;
}

/// visit(i, step) for each source once, and again, as graph::poll does.
void in_turns(const std::array<std::vector<step>, 3>& all, auto&& visit) {
  for (std::size_t turn = 0; turn < 50; ++turn)
    for (std::size_t i = 0; i < all.size(); ++i)
      if (turn < all[i].size()) visit(i, all[i][turn]);
}

/// Turn by turn until nothing comes any more.
void play(auto& flow, std::size_t turns) {
  REQUIRE(flow.open());
  for (std::size_t i = 0; i < turns; ++i) (void)flow.poll();
}

}  // namespace

// ---- names ------------------------------------------------------------------------------------------------------------

TEST_CASE("a named stream is used as often as you like: each event goes to all statements before the next one") {
  page seen;
  auto into = [&](const char* who) { return lv::to([&seen, who](std::int64_t i) { seen.push_back(who + std::to_string(i)); }); };
  auto flow = lv::flow("numbers"_s = lv::from(ints()) | lv::filter([](std::int64_t i) { return i != 2; }),
                       "numbers"_s | add(10) | into("a"), "numbers"_s | into("b"), "numbers"_s | add(20) | into("c"));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{1, 2, 3});
  CHECK(text(seen) == text(page{"a11", "b1", "c21", "a13", "b3", "c23"}));
}

TEST_CASE("a name may stand for another name, for a continued stream, and for a merge") {
  page seen;
  auto flow = lv::flow("one"_s = lv::from(ints()), "alias"_s = "one"_s, "more"_s = "alias"_s | add(100),
                       "both"_s = lv::merge("one"_s, "more"_s), "both"_s | lv::to(diary{&seen}));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{1, 2});
  flow.finish();
  CHECK(text(seen) == text(page{"start 1", "101", "1", "102", "2", "end"}));
}

TEST_CASE("a merge of a stream with itself has each event twice, and each signal once") {
  page seen;
  auto flow = lv::flow("one"_s = lv::from(ints()), lv::merge("one"_s, "one"_s) | lv::to(diary{&seen}));
  REQUIRE(flow.open());
  flow.push(std::int64_t{7});
  flow.raise_everywhere(lv::watermark{{5}});
  flow.raise_everywhere(lv::barrier{1});
  flow.finish();
  CHECK(text(seen) == text(page{"start 1", "7", "7", "watermark 5", "barrier 1", "end"}));
}

TEST_CASE("statements that were made before the flow, and chains without a source, join as if they were written in it") {
  page seen;
  const auto positive = lv::filter([](std::int64_t i) { return i > 0; }) | add(1);
  auto use = "numbers"_s | positive;
  auto twice = lv::merge(use, "numbers"_s | add(50));
  auto flow = lv::flow("numbers"_s = lv::from(ints()) | positive, std::move(twice) | positive | lv::to(diary{&seen}));
  REQUIRE(flow.open());
  flow.push(std::vector<std::int64_t>{-5, 1});
  CHECK(text(seen) == text(page{"start 1", "4", "53"}));
}

TEST_CASE("streams that are written side by side stay apart") {
  std::vector<std::int64_t> a, b;
  auto flow = lv::flow("a"_s = lv::from<"left">(ints()), "b"_s = lv::from<"right">(ints()),
                       "b"_s | lv::to<"to b">([&](std::int64_t i) { b.push_back(i); }),
                       "a"_s | lv::to<"to a">([&](std::int64_t i) { a.push_back(i); }));
  REQUIRE(flow.open());
  flow.push<"left">(std::int64_t{1});
  flow.push<"right">(std::int64_t{2});
  CHECK(a == std::vector<std::int64_t>{1});
  CHECK(b == std::vector<std::int64_t>{2});
  CHECK(flow.counts<"to a">().in == 1);
}

TEST_CASE("a merge takes the sources in the order of writing, and keeps the order of each") {
  const std::vector<std::int64_t> odd{1, 3, 5, 7}, even{2, 4};
  page seen;
  auto flow =
      lv::flow(lv::merge(lv::from<"odd">(lv::values(std::span(odd))) | add(0), lv::from<"even">(lv::values(std::span(even)))) |
               lv::to<"out">(diary{&seen}));
  REQUIRE(flow.open());
  while (flow.poll(2) != lv::polled::end) {
  }
  CHECK(text(seen) == text(page{"start 1", "1", "3", "2", "4", "5", "7", "end"}));
  CHECK(flow.counts<"out">().in == 6);
}

TEST_CASE("a merge may stand in a merge, and keyed streams of one key_by meet again") {
  std::map<int, int> counted;
  auto flow = lv::flow("keyed"_s = lv::merge(lv::merge(lv::from<"a">(ints()), lv::from<"b">(ints())), lv::from<"c">(ints())) |
                                   lv::key_by([](std::int64_t i) { return static_cast<int>(i % 3); }),
                       "small"_s = "keyed"_s | lv::filter([](std::int64_t i) { return i < 100; }),
                       lv::merge("small"_s | add(0), "keyed"_s | lv::filter([](std::int64_t i) { return i >= 100; })) |
                           lv::fold(0, [](int& n, std::int64_t) { ++n; }) |
                           lv::to([&](const lv::folded<int, int>& f) { counted[f.key] += f.value; }));
  REQUIRE(flow.open());
  for (std::int64_t i = 0; i < 300; i += 3) flow.push<"a">(i), flow.push<"b">(i + 1), flow.push<"c">(i + 2);
  flow.finish();
  CHECK(counted == std::map<int, int>{{0, 100}, {1, 100}, {2, 100}});
}

// ---- time -------------------------------------------------------------------------------------------------------------

TEST_CASE("time below a merge is that of the slowest stream that is neither idle nor ended") {
  support::random r{11};
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    std::array<std::vector<step>, 3> all;
    for (auto& steps : all) steps = random_steps(r, 5 + r.below(40));
    page seen;
    auto flow = lv::flow(lv::merge(lv::from(scripted{all[0]}), lv::from(scripted{all[1]}), lv::from(scripted{all[2]})) |
                         lv::to(diary{&seen}));
    play(flow, 50);
    naive_merge merge(3);
    page expected;
    in_turns(all, [&](std::size_t i, const step& s) {
      for (const step& on : merge.hear(i, s)) expected.push_back(words_of(on));
    });
    REQUIRE(text(said(seen)) == text(said(expected)));
  }
}

TEST_CASE("a merge of which another is made passes its pauses and its time on to it, and never goes back") {
  support::random r{12};
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    std::array<std::vector<step>, 3> all;
    for (auto& steps : all) steps = random_steps(r, 5 + r.below(40));
    page seen;
    auto flow = lv::flow(
        lv::merge(lv::merge(lv::from(scripted{all[0]}), lv::from(scripted{all[1]})) | add(0), lv::from(scripted{all[2]})) |
        lv::to(diary{&seen}));
    play(flow, 50);
    std::int64_t last = lv::long_ago.ns;
    for (const std::string& line : support::only(seen, "watermark ")) {
      const std::int64_t time = std::stoll(line.substr(10));
      CHECK(time >= last);
      last = time;
    }
    naive_merge upper(2), lower(2);
    page expected;
    in_turns(all, [&](std::size_t i, const step& s) {
      const auto on = i == 2 ? std::vector<step>{s} : upper.hear(i, s);
      for (const step& middle : on)
        for (const step& out : lower.hear(i == 2 ? 1 : 0, middle)) expected.push_back(words_of(out));
    });
    REQUIRE(text(said(seen)) == text(said(expected)));
  }
}

TEST_CASE("a stream that pauses lets the others go on, and holds them again from its next watermark on") {
  page seen;
  auto flow = lv::flow(
      lv::merge(
          lv::from(scripted{{{step::watermark, 10}, {step::idle}, {step::nothing}, {step::watermark, 15}, {step::event, 25}}}),
          lv::from(scripted{{{step::watermark, 20}, {step::nothing}, {step::watermark, 22}, {step::watermark, 30}}})) |
      lv::to(diary{&seen}));
  play(flow, 6);
  CHECK(text(seen) == text(page{"start 1", "watermark 10", "watermark 20", "watermark 22", "25"}));
}

TEST_CASE("a stream that resumes below a merge is heard further down, though its time is not news") {
  // The upper merge has said 20 and then idle. Its first stream resumes with 15, so it stands at 20, and so must all below.
  page seen;
  auto upper = lv::merge(
      lv::from(scripted{{{step::watermark, 10}, {step::idle}, {step::nothing}, {step::watermark, 15}, {step::event, 25}}}),
      lv::from(scripted{{{step::watermark, 20}, {step::nothing}, {step::idle}}}));
  auto flow = lv::flow(
      lv::merge(std::move(upper) | add(0), lv::from(scripted{{{step::watermark, 20}, {}, {}, {}, {step::watermark, 40}}})) |
      lv::to(diary{&seen}));
  play(flow, 6);
  CHECK(text(seen) == text(page{"start 1", "watermark 10", "watermark 20", "25"}));
}

TEST_CASE("operators in the branches may make time themselves: the merge takes the least of them, in spans of any length") {
  std::vector<std::int64_t> events(1000);
  support::random r{3};
  std::int64_t time = 0;
  for (auto& e : events) e = time += static_cast<std::int64_t>(r.below(3));
  for (const std::size_t length : support::span_lengths) {
    CAPTURE(length);
    page seen;
    auto flow = lv::flow(
        lv::from(ints()) |
        lv::fork(lv::link{time_of_events{5}}, lv::link{time_of_events{50}} | lv::filter([](std::int64_t) { return false; })) |
        lv::to(diary{&seen}));
    REQUIRE(flow.open());
    support::in_spans(events, length, [&](auto part) { flow.push(part); });
    page expected{"start 1"};
    std::int64_t last = 0;
    for (const std::int64_t e : events) {
      expected.push_back(std::to_string(e));
      if (e > last) expected.push_back("watermark " + std::to_string(e - 50));
      last = e;
    }
    CHECK(text(seen) == text(expected));
  }
}

// ---- barriers ---------------------------------------------------------------------------------------------------------

TEST_CASE("no event overtakes a barrier: sources that have brought it wait until all have") {
  page seen;
  auto flow = lv::flow(
      lv::merge(
          lv::from(scripted{{{step::event, 10}, {step::barrier, 1}, {step::event, 11}, {step::event, 12}}}),
          lv::from(scripted{{{step::event, 20}, {step::event, 21}, {step::event, 22}, {step::barrier, 1}, {step::event, 23}}})) |
      lv::to(diary{&seen}));
  play(flow, 10);
  CHECK(text(seen) == text(page{"start 1", "10", "20", "21", "22", "barrier 1", "11", "23", "12"}));
}

TEST_CASE("a newer barrier replaces one that another stream has left out, whoever comes first") {
  const std::vector<step> leaves_out{{step::barrier, 2}, {step::event, 12}, {step::event, 13}};
  const std::vector<step> brings_both{
      {step::event, 20}, {step::barrier, 1}, {step::event, 21}, {step::barrier, 2}, {step::event, 22}};
  auto run = [](const auto& first, const auto& second) {
    page seen;
    auto flow = lv::flow(lv::merge(lv::from(scripted{first}), lv::from(scripted{second})) | lv::to(diary{&seen}));
    play(flow, 12);
    return support::without(seen, "start");
  };
  CHECK(text(run(leaves_out, brings_both)) == text(page{"20", "21", "barrier 2", "12", "22", "13"}));
  CHECK(text(run(brings_both, leaves_out)) == text(page{"20", "21", "barrier 2", "12", "22", "13"}));
}

TEST_CASE("barriers are aligned whatever the schedule: those that all bring come once, in order, between the right events") {
  support::random r{21};
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    constexpr std::size_t sources = 3;
    constexpr std::int64_t barriers = 6;
    // Event = 1000 * source + a number; after[e] = the last barrier that its source had brought before it.
    std::array<std::vector<step>, sources> all;
    std::map<std::int64_t, std::int64_t> after;
    std::array<std::set<std::int64_t>, sources> brought;
    std::array<bool, sources> ends{};
    for (std::size_t s = 0; s < sources; ++s) {
      std::int64_t next = static_cast<std::int64_t>(1000 * (s + 1));
      for (std::int64_t b = 1; b <= barriers && !ends[s]; ++b) {
        for (std::uint64_t n = r.below(4); n > 0; --n) {
          if (r.one_in(3)) all[s].push_back({});
          after[next] = brought[s].empty() ? 0 : *brought[s].rbegin();
          all[s].push_back({step::event, next++});
        }
        if (b == barriers || !r.one_in(4)) {
          all[s].push_back({step::barrier, b});
          brought[s].insert(b);
        }
        ends[s] = r.one_in(20);
      }
      if (ends[s]) all[s].push_back({step::end, 0});
    }
    page seen;
    auto flow = lv::flow(
        lv::merge(lv::merge(lv::from(scripted{all[0]}), lv::from(scripted{all[1]})) | add(0), lv::from(scripted{all[2]})) |
        lv::to(diary{&seen}));
    play(flow, 200);
    std::set<std::int64_t> arrived;
    std::array<std::int64_t, sources> number{};
    std::int64_t last = 0;
    for (const std::string& line : seen) {
      if (line.starts_with("barrier ")) {
        const std::int64_t id = std::stoll(line.substr(8));
        CHECK(id > last);
        last = id;
        for (std::size_t s = 0; s < sources; ++s) {
          const bool has = brought[s].contains(id) || (ends[s] && brought[s].upper_bound(id) == brought[s].end());
          REQUIRE_MESSAGE(has, "barrier ", id, " goes on, but source ", s, " left it out");
        }
      } else if (line[0] >= '0' && line[0] <= '9') {
        const std::int64_t e = std::stoll(line);
        const auto s = static_cast<std::size_t>(e / 1000 - 1);
        CHECK(arrived.insert(e).second);
        CHECK(e > number[s]);
        number[s] = e;
        REQUIRE_MESSAGE(after[e] >= last, "event ", e, " came behind barrier ", last, " and was written before it");
      }
    }
    REQUIRE(arrived.size() == after.size());  // nobody is held for ever
    if (std::ranges::find(ends, true) == ends.end()) CHECK(last == barriers);
    std::set<std::int64_t> to_come;
    for (std::size_t i = seen.size(); i-- > 0;) {
      if (seen[i].starts_with("barrier ")) to_come.insert(std::stoll(seen[i].substr(8)));
      if (seen[i][0] < '0' || seen[i][0] > '9') continue;
      const std::int64_t e = std::stoll(seen[i]);
      for (const std::int64_t id : to_come)
        REQUIRE_MESSAGE((after[e] < id || !brought[static_cast<std::size_t>(e / 1000 - 1)].contains(id)), "event ", e,
                        " was written behind barrier ", id, " and came before it");
    }
  }
}

TEST_CASE("a stream that ends completes a barrier that waited for it") {
  page seen;
  auto flow = lv::flow(lv::merge(lv::from(scripted{{{step::barrier, 4}, {step::event, 11}, {step::end}}}),
                                 lv::from(scripted{{{step::event, 20}, {step::event, 21}, {step::end}}})) |
                       lv::to(diary{&seen}));
  play(flow, 8);
  CHECK(text(seen) == text(page{"start 1", "20", "21", "barrier 4", "11", "end"}));
}

TEST_CASE("a source that cannot carry barriers gets them at its edge, between two of its spans") {
  const std::vector<std::int64_t> numbers{1, 2, 3, 4, 5, 6};
  page seen;
  auto flow = lv::flow(lv::merge(lv::from(lv::values(std::span(numbers))),
                                 lv::from(support::scripted{{{step::event, 20}, {step::barrier, 1}, {step::barrier, 2}}})) |
                       lv::to(diary{&seen}));
  REQUIRE(flow.open());
  while (flow.poll(2) != lv::polled::nothing) {
  }
  CHECK(text(seen) == text(page{"start 1", "1", "2", "20", "3", "4", "barrier 1", "5", "6", "barrier 2"}));
}

TEST_CASE("a barrier in only one of two branches that meet again does not stand for ever") {
  // Both branches bring it in one wave; a second merge below meets a third stream, which is waited for.
  page seen;
  auto flow = lv::flow("a"_s = lv::from(scripted{{{step::event, 1}, {step::barrier, 9}, {step::event, 2}}}),
                       lv::merge("a"_s | lv::fork(add(10), add(20)) | add(0),
                                 lv::from(scripted{{{step::event, 5}, {step::event, 6}, {step::event, 7}, {step::barrier, 9}}})) |
                           lv::to(diary{&seen}));
  play(flow, 10);
  CHECK(text(seen) == text(page{"start 1", "11", "21", "5", "6", "7", "barrier 9", "12", "22"}));
}

// ---- once -------------------------------------------------------------------------------------------------------------

TEST_CASE("each operator hears each signal once, after all above it, however many ways lead there") {
  page heard;
  auto l = [&](const char* letter) { return support::listen(heard, letter); };
  auto flow = lv::flow(lv::from(ints()) | l("a") |
                       lv::fork(l("b") | lv::fork(l("c"), l("d") | lv::fork(l("e"), l("f")) | l("g")) | l("h"), l("i"), l("j")) |
                       l("k") | lv::fork(l("l"), l("m")) | lv::to(diary{&heard}));
  auto all = [&](const std::string& words) {
    page expected;
    for (char c = 'a'; c <= 'm'; ++c) expected.push_back(std::string(1, c) + ' ' + words);
    if (words != "flush") expected.push_back(words);
    return expected;
  };
  REQUIRE(flow.open());
  CHECK(text(heard) == text(all("start 1")));
  heard.clear(), flow.advance({5});
  CHECK(text(heard) == text(all("tick 5")));
  heard.clear(), flow.raise_everywhere(lv::flush{});
  CHECK(text(heard) == text(all("flush")));
  heard.clear(), flow.raise_everywhere(lv::watermark{{7}});
  CHECK(text(heard) == text(all("watermark 7")));
  heard.clear(), flow.raise_everywhere(lv::idle{});
  CHECK(text(heard) == text(all("idle")));
  heard.clear(), flow.raise_everywhere(lv::barrier{3});
  CHECK(text(heard) == text(all("barrier 3")));
  heard.clear(), flow.raise_everywhere(lv::retire{4});
  CHECK(text(heard) == text(all("retire 4")));
  heard.clear(), flow.finish();
  page expected = all("flush");
  for (const std::string& line : all("end")) expected.push_back(line);
  for (const std::string& line : all("flush")) expected.push_back(line);
  CHECK(text(heard) == text(expected));
}

TEST_CASE("sources that meet are heard together: one start, one tick, one flush a turn; and one end, behind the last of them") {
  page heard;
  const std::vector<std::int64_t> a{1, 2, 3}, b{11};
  auto flow = lv::flow(
      lv::merge(lv::from(lv::values(std::span(a))), lv::from(lv::values(std::span(b))), lv::from(scripted{{{step::end}}})) |
      lv::to(diary{&heard, true}));
  REQUIRE(flow.open());
  flow.advance({8});
  CHECK(flow.poll(1) == lv::polled::events);
  CHECK(support::only(heard, "start").size() == 1);
  CHECK(text(support::only(heard, "tick")) == text(page{"tick 8"}));
  CHECK(heard.back() == "flush");
  while (flow.poll(1) != lv::polled::end) {
  }
  flow.finish();
  CHECK(text(support::only(heard, "end")) == text(page{"end"}));
  CHECK(heard.back() == "flush");
  CHECK(heard[heard.size() - 2] == "end");
}

TEST_CASE("a fold below a merge emits once, at the end of the last stream") {
  support::random r{5};
  const std::vector<std::int64_t> a(100, 1), b(1000, 1), c(10, 1);
  std::vector<std::int64_t> sums;
  auto flow = lv::flow(
      lv::merge(lv::from(lv::values(std::span(a))), lv::from(lv::values(std::span(b))), lv::from(lv::values(std::span(c)))) |
      lv::fold(std::int64_t{0}, [](std::int64_t& sum, std::int64_t i) { sum += i; }) |
      lv::to([&](std::int64_t sum) { sums.push_back(sum); }));
  REQUIRE(flow.open());
  while (flow.poll(1 + r.below(100)) != lv::polled::end) {
  }
  flow.finish();
  CHECK(sums == std::vector<std::int64_t>{1110});
}

TEST_CASE("idle keys above branches that meet again: each slot is retired once, after the windows of all branches have fired") {
  for (const bool forked : {false, true}) {
    CAPTURE(forked);
    page heard;
    std::vector<std::uint64_t> rows;
    auto windowed = [] { return lv::window<lv::tumbling{10_s}>(lv::aggregate<lv::count>([](std::int64_t i) { return i; })); };
    auto counted = [] {
      return lv::map([](const auto& row) { return static_cast<std::int64_t>(row.template get<lv::count>()); });
    };
    auto keyed = [] {
      return lv::from(ints()) | lv::key_by([](std::int64_t i) { return i; }, lv::keys{.bound = 8, .idle = 20_s});
    };
    auto run = [&](auto flow) {
      REQUIRE(flow.open());
      flow.advance({1'000'000'000'000});
      heard.clear();
      flow.push(std::vector<std::int64_t>{1, 2, 2});
      flow.advance({1'060'000'000'000});
      flow.advance({1'100'000'000'000});
      flow.finish();
    };
    if (forked) {
      run(lv::flow(keyed() | lv::fork(windowed() | counted(), windowed() | counted()) | lv::to(diary{&heard})));
      CHECK(text(heard) ==
            text(page{"1", "2", "1", "2", "tick 1060000000000", "retire 1", "retire 2", "tick 1100000000000", "end"}));
    } else {
      run(lv::flow(keyed() | windowed() | counted() | lv::to(diary{&heard})));
      CHECK(text(heard) == text(page{"1", "2", "tick 1060000000000", "retire 1", "retire 2", "tick 1100000000000", "end"}));
    }
  }
}

TEST_CASE("what an operator does after it has passed a signal on comes behind the signal, with merges and without") {
  page plain, merged;
  auto one = lv::flow(lv::from(ints()) | lv::link{echo{}} | add(0) | lv::to(diary{&plain}));
  auto two = lv::flow(lv::from(ints()) | lv::link{echo{}} |
                      lv::fork(add(0), add(100) | lv::filter([](std::int64_t) { return false; })) | lv::to(diary{&merged}));
  auto run = [](auto& flow) {
    REQUIRE(flow.open());
    flow.push(std::int64_t{1});
    flow.advance({3});
    flow.raise_everywhere(lv::watermark{{4}});
    flow.finish();
  };
  run(one);
  run(two);
  CHECK(text(plain) == text(page{"start 1", "1", "tick 3", "-1", "barrier 1", "watermark 4", "-2", "watermark 5", "end"}));
  CHECK(text(merged) == text(plain));
}

namespace {

/// Writes down what comes by which of its inputs, and the signals.
template <class A, class B>
struct pair_operator {
  static constexpr std::string_view kind = "pair";
  static constexpr std::string_view name = "pair";
  page* lines;
  template <class>
  using output = std::string;
  template <std::size_t Input, class E>
  void take(const E& e, auto out) {
    if constexpr (std::is_arithmetic_v<E>)
      out(std::to_string(Input) + ":" + std::to_string(e));
    else
      out(std::to_string(Input) + ":" + e);
  }
  void on(const lv::watermark& w, auto out) {
    lines->push_back("watermark " + std::to_string(w.time.ns));
    out.raise(w);
  }
  void on(const lv::end_of_stream& s, auto out) {
    lines->push_back("end");
    out.raise(s);
  }
};
struct pair_description {
  page* lines;
  template <class In>
  static consteval bool fits() {
    return lv::is_inputs<In>;
  }
  template <class In>
  constexpr auto bind() && {
    return bind_to(In{});
  }
  template <class A, class B>
  auto bind_to(lv::inputs<A, B>) {
    return pair_operator<A, B>{lines};
  }
};

}  // namespace

TEST_CASE("connected streams keep their types, and come each to an input of its own") {
  page lines, out;
  auto flow = lv::flow("numbers"_s = lv::from<"numbers">(lv::input<int>()) | lv::map([](int i) { return i + 1; }),
                       "words"_s = lv::from<"words">(lv::input<std::string>()),
                       lv::connect("numbers"_s, "words"_s) | lv::link{pair_description{&lines}} |
                           lv::to([&](const std::string& s) { out.push_back(s); }));
  REQUIRE(flow.open());
  flow.push<"numbers">(1);
  flow.push<"words">(std::string("two"));
  flow.push<"numbers">(std::vector<int>(70, 3));
  CHECK(out.size() == 72);
  out.resize(3);
  CHECK(text(out) == text(page{"0:2", "1:two", "0:4"}));
  CHECK(flow.counts<"pair">().in == 72);
  CHECK(flow.counts<"pair">().out == 72);
  flow.raise_everywhere(lv::watermark{{7}});
  flow.finish();
  CHECK(text(lines) == text(page{"watermark 7", "end"}));
  std::string picture;
  lv::draw(flow, lv::picture::json, [&](std::string_view s) { picture += s; });
  CHECK(picture.find("\"pair\"") != std::string::npos);
}

TEST_CASE("a stream may be connected to itself, to a merge, and behind masked streams") {
  page lines, out;
  auto note = [&](const std::string& s) { out.push_back(s); };
  auto flow = lv::flow("numbers"_s = lv::from<"numbers">(lv::input<int>()) | lv::select([](int i) { return i < 3; }),
                       lv::connect(lv::merge("numbers"_s, "numbers"_s | lv::map([](int i) { return 10 * i; })), "numbers"_s) |
                           lv::link{pair_description{&lines}} | lv::to(note));
  REQUIRE(flow.open());
  flow.push<"numbers">(std::vector{1, 5});
  CHECK(text(out) == text(page{"0:10", "0:1", "1:1"}));
}

#if LEVADA_EXCEPTIONS
TEST_CASE("a throw while a signal is heard leaves no trace of it") {
  page lines, heard;
  auto flow =
      lv::flow(lv::from(ints()) | lv::fork(support::listen(heard, "a"), support::listen(heard, "b")) | lv::to(refuses{&lines}));
  REQUIRE(flow.open());
  CHECK_THROWS(flow.raise_everywhere(lv::watermark{{1}}));
  heard.clear();
  flow.raise_everywhere(lv::watermark{{2}});
  CHECK(text(heard) == text(page{"a watermark 2", "b watermark 2"}));
  CHECK(text(lines) == text(page{"watermark 2"}));
}
#endif
