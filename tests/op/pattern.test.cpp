// SPDX-License-Identifier: BSL-1.0
#include <levada/op/pattern.hpp>

#include "../support/archive.hpp"
#include "../support/naive_pattern.hpp"
#include "../support/stream.hpp"

#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

/// A letter at a time. Its number says which one of its kind it was.
struct letter {
  lv::timestamp time;
  std::uint32_t key;
  std::uint32_t number;
  char what;
};

template <char... C>
constexpr auto is = [](const letter& l) { return ((l.what == C) || ...); };

/// "a b c": letters of key 1, one a second; a space is a second without one. Capitals are of key 2.
std::vector<letter> letters(std::string_view text) {
  std::vector<letter> all;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool second = c >= 'A' && c <= 'Z';
    if (c != ' ')
      all.push_back({{static_cast<std::int64_t>(i) * 1'000'000'000},
                     second ? 2u : 1u,
                     static_cast<std::uint32_t>(i),
                     second ? static_cast<char>(c - 'A' + 'a') : c});
  }
  return all;
}

template <class Kept>
void append(std::string& s, const Kept& one) {
  s += one.what + std::to_string(one.number);
}
template <class Kept>
void append(std::string& s, std::span<const Kept> many) {
  for (const Kept& one : many) append(s, one);
}

/// What was kept of the steps x, y and z, and when it began and ended: "a0 b2b3 c5 [0, 5]".
template <class Match>
std::string words(const Match& m) {
  std::string s;
  auto step = [&]<lv::fixed_string Name>() {
    if (m.template count<Name>() == 0) return;
    append(s, m.template get<Name>());
    s += ' ';
  };
  step.template operator()<"x">();
  if constexpr (sizeof m.counts > 4) step.template operator()<"y">();
  if constexpr (sizeof m.counts > 8) step.template operator()<"z">();
  return s + "[" + std::to_string(m.start.ns / 1'000'000'000) + ", " + std::to_string(m.end.ns / 1'000'000'000) + "]";
}

using said = std::vector<std::string>;

/// The matches of a pattern in a text; after the last letter a watermark says that `until` seconds have passed.
said found(auto pattern, std::string_view text, std::int64_t until = 0) {
  said output;
  auto flow = lv::flow(lv::from<"letters">(lv::input<letter>()) | lv::key_by(&letter::key, {.bound = 4}) | pattern |
                       lv::to([&](const auto& m) { output.push_back((m.key == 2 ? "second: " : "") + words(m)); }));
  REQUIRE(flow.open());
  flow.push(letters(text));
  flow.raise_everywhere(lv::watermark{{until * 1'000'000'000}});
  return output;
}
constexpr auto by_time = lv::at(&letter::time);

/// A port for an operator that stands alone: what it emits and what it puts aside go to two functions.
template <class Emit, class Aside>
struct lone_port : lv::probe_port {
  const Emit* emit;
  const Aside* set_aside;
  std::uint64_t* dropped;
  lv::timestamp time{};

  void operator()(const auto& e) const { (*emit)(e); }
  void aside(const auto& e) const { (*set_aside)(e); }
  void drop(std::uint64_t n = 1) const { *dropped += n; }
  [[nodiscard]] lv::timestamp now() const { return time; }
};
template <class Emit, class Aside>
lone_port<Emit, Aside> port_to(const Emit& emit, const Aside& aside, std::uint64_t& dropped) {
  return {{}, &emit, &aside, &dropped, {}};
}

}  // namespace

TEST_CASE("then: anything may lie between, and the earliest event is taken") {
  auto abc = lv::pattern(by_time, lv::every<"x">(is<'a'>).then<"y">(is<'b'>).then<"z">(is<'c'>));
  CHECK(found(abc, "abc") == said{"a0 b1 c2 [0, 2]"});
  CHECK(found(abc, "axxbbxacc") == said{"a0 b3 c7 [0, 7]"});
  CHECK(found(abc, "acb") == said{});
  CHECK(found(abc, "aBbAcBC") == said{"a0 b2 c4 [0, 4]", "second: a3 b5 c6 [3, 6]"});
}

TEST_CASE("next: the very next event of the key, or the partial match is over") {
  auto ab = lv::pattern(by_time, lv::every<"x">(is<'a'>).next<"y">(is<'b'>));
  CHECK(found(ab, "ab") == said{"a0 b1 [0, 1]"});
  CHECK(found(ab, "axb") == said{});
  CHECK(found(ab, "aab") == said{"a1 b2 [1, 2]"});  // the event that ends one begins another
  CHECK(found(ab, "aXb") == said{"a0 b2 [0, 2]"});  // what another key does lies not between
}

TEST_CASE("unless: nothing of it lies between two steps") {
  auto ab = lv::pattern(by_time, lv::every<"x">(is<'a'>).unless(is<'n'>).unless(is<'m'>).then<"y">(is<'b', 'n'>));
  CHECK(found(ab, "axb") == said{"a0 b2 [0, 2]"});
  CHECK(found(ab, "amb") == said{});
  CHECK(found(ab, "mab") == said{"a1 b2 [1, 2]"});
  CHECK(found(ab, "an") == said{"a0 n1 [0, 1]"});  // what fits the step lies not between
}

TEST_CASE("times: so many events, with anything between") {
  auto abb = lv::pattern(by_time, lv::every<"x">(is<'a'>).then<"y">(is<'b'>).times<2>());
  CHECK(found(abb, "abxb") == said{"a0 b1b3 [0, 3]"});
  CHECK(found(abb, "ab") == said{});
  auto strict = lv::pattern(by_time, lv::every<"x">(is<'a'>).next<"y">(is<'b'>).times<2>());
  CHECK(found(strict, "abb") == said{"a0 b1b2 [0, 2]"});
  CHECK(found(strict, "abxb") == said{});
}

TEST_CASE("a step that may take more lets the next one have what fits both") {
  auto range = lv::pattern(by_time, lv::every<"x">(is<'a'>).times<2, 3>().then<"y">(is<'a', 'b'>));
  CHECK(found(range, "aaa") == said{"a0a1 a2 [0, 2]"});
  CHECK(found(range, "abab") == said{"a0a2 b3 [0, 3]"});
  auto most = lv::pattern(by_time, lv::every<"x">(is<'a'>).times<2, 3>().then<"y">(is<'b'>));
  CHECK(found(most, "aaaab") == said{"a0a1a2 b4 [0, 4]"});
}

TEST_CASE("at_least: any number more, of which the first and the latest are kept") {
  auto rise = lv::pattern(by_time, lv::every<"x">(is<'a'>).at_least<2>().then<"y">(is<'b'>));
  CHECK(found(rise, "ab") == said{});
  CHECK(found(rise, "aaab") == said{"a0a2 b3 [0, 3]"});
  auto four = lv::pattern(by_time, lv::every<"x">(is<'a'>).at_least<4>().then<"y">(is<'b'>));
  CHECK(found(four, "aaaaaab") == said{"a0a1a2a5 b6 [0, 6]"});
}

TEST_CASE("within: less than that from the first event to the last") {
  auto ab = lv::pattern(by_time, lv::every<"x">(is<'a'>).then<"y">(is<'b'>).within(5_s));
  CHECK(found(ab, "a   b") == said{"a0 b4 [0, 4]"});
  CHECK(found(ab, "a    b") == said{});
  CHECK(found(ab, "a    ab") == said{"a5 b6 [5, 6]"});  // whose time is over makes room
}

TEST_CASE("a gap is the time from the event before") {
  auto abc = lv::pattern(by_time, lv::every<"x">(is<'a'>).then<"y">(is<'b'>, 3_s).then<"z">(is<'c'>, 2_s));
  CHECK(found(abc, "a bxxc") == said{});
  CHECK(found(abc, "a bc") == said{"a0 b2 c3 [0, 3]"});
  CHECK(found(abc, "a  bc") == said{});
}

TEST_CASE("absent: a match when nothing came in time, by the watermark or by an event that is beyond") {
  auto alone = lv::pattern(by_time, lv::every<"x">(is<'a'>).absent(is<'b'>, 5_s));
  CHECK(found(alone, "a", 4) == said{});
  CHECK(found(alone, "a", 5) == said{"a0 [0, 5]"});
  CHECK(found(alone, "a   b", 9) == said{});
  CHECK(found(alone, "a    b", 0) == said{"a0 [0, 5]"});
  auto pair = lv::pattern(by_time, lv::every<"x">(is<'a'>).then<"y">(is<'b'>).absent(is<'c'>).within(5_s));
  CHECK(found(pair, "a   b", 9) == said{"a0 b4 [0, 5]"});
  CHECK(found(pair, "abxxc", 9) == said{});
  CHECK(found(pair, "a", 9) == said{});
}

TEST_CASE("absences become certain in the order of their times, over all keys") {
  auto alone = lv::pattern(by_time, lv::every<"x">(is<'a'>).absent(is<'b'>, 5_s));
  CHECK(found(alone, "aA", 20) == said{"a0 [0, 5]", "second: a1 [1, 6]"});
  CHECK(found(alone, "aA     B", 20) == said{"second: a1 [1, 6]", "a0 [0, 5]"});  // a key's own events tell it earlier
  CHECK(found(alone, "Aa", 20) == said{"second: a0 [0, 5]", "a1 [1, 6]"});
}

TEST_CASE("a predicate may look at what was matched so far") {
  auto larger = [](const letter& l, const auto& m) { return l.what > m.last().what; };
  auto rising = lv::pattern(by_time, lv::every<"x">(larger).then<"y">(larger).times<2>());
  CHECK(found(rising, "bac") == said{});
  CHECK(found(rising, "bacad") == said{"b0 c2d4 [0, 4]"});
  auto same = lv::pattern(by_time, lv::every<"x">(is<'a', 'b'>).then<"y">([](const letter& l, const auto& m) {
    return l.what == m.template get<"x">().what && m.template count<"y">() == 0;
  }));
  CHECK(found(same, "abba") == said{"a0 a3 [0, 3]"});
}

TEST_CASE("keep: a match holds what the pattern keeps of its events") {
  auto times = lv::pattern(by_time, lv::every<"x">(is<'a'>).times<2>().then<"y">(is<'b'>).keep(&letter::number));
  std::vector<std::uint32_t> numbers;
  auto flow = lv::flow(lv::from(lv::input<letter>()) | times | lv::to([&](const auto& m) {
                         for (const std::uint32_t n : m.template get<"x">()) numbers.push_back(n);
                         numbers.push_back(m.template get<"y">());
                       }));
  REQUIRE(flow.open());
  flow.push(letters("aXab"));  // without key_by all are of one
  CHECK(numbers == std::vector<std::uint32_t>{0, 2, 3});
}

TEST_CASE("after a match: past its last event, or to the next that begins one") {
  using enum lv::skip;
  auto ab = [] { return lv::every<"x">(is<'a'>).then<"y">(is<'b'>); };
  CHECK(found(lv::pattern<"", lv::matching{.partials = 3}>(by_time, ab()), "aab") == said{"a0 b2 [0, 2]"});
  CHECK(found(lv::pattern<"", lv::matching{.partials = 3, .after_match = to_next}>(by_time, ab()), "aab") ==
        said{"a0 b2 [0, 2]", "a1 b2 [1, 2]"});
  auto aa = [] { return lv::every<"x">(is<'a'>).then<"y">(is<'a'>); };
  CHECK(found(lv::pattern(by_time, aa()), "aaaa") == said{"a0 a1 [0, 1]", "a2 a3 [2, 3]"});
  CHECK(found(lv::pattern<"", lv::matching{.after_match = to_next}>(by_time, aa()), "aaaa") ==
        said{"a0 a1 [0, 1]", "a1 a2 [1, 2]", "a2 a3 [2, 3]"});
}

TEST_CASE("a last step that may repeat ends with its least number; without a skip it goes on") {
  auto some = [] { return lv::every<"x">(is<'a'>).then<"y">(is<'b'>).times<1, 3>(); };
  CHECK(found(lv::pattern(by_time, some()), "abb") == said{"a0 b1 [0, 1]"});
  CHECK(found(lv::pattern<"", lv::matching{.after_match = lv::skip::none}>(by_time, some()), "abbbb") ==
        said{"a0 b1 [0, 1]", "a0 b1b2 [0, 2]", "a0 b1b2b3 [0, 3]"});
}

TEST_CASE("a partial match that finds no room is dropped and counted, or the oldest is") {
  auto dropped = [](auto pattern, std::string_view text, const said& expected) {
    said output;
    auto flow = lv::flow(lv::from(lv::input<letter>()) | pattern | lv::to([&](const auto& m) { output.push_back(words(m)); }));
    REQUIRE(flow.open());
    flow.push(letters(text));
    CHECK(output == expected);
    return flow.template counts<"pattern">().dropped;
  };
  auto ab = [] { return lv::every<"x">(is<'a'>).then<"y">(is<'b'>); };
  CHECK(dropped(lv::pattern<"pattern">(by_time, ab()), "aaab", {"a0 b3 [0, 3]"}) == 2);
  CHECK(dropped(lv::pattern<"pattern", lv::matching{.partials = 2}>(by_time, ab()), "aaab", {"a0 b3 [0, 3]"}) == 1);
  CHECK(dropped(lv::pattern<"pattern", lv::matching{.full = lv::when_full::drop_oldest}>(by_time, ab()), "aaab",
                {"a2 b3 [2, 3]"}) == 2);
  auto aa = lv::every<"x">(is<'a'>).then<"y">(is<'a'>).then<"z">(is<'b'>);
  CHECK(dropped(lv::pattern<"pattern">(by_time, std::move(aa)), "aab", {"a0 a1 b2 [0, 2]"}) == 0);  // it found room in the first
}

TEST_CASE("partial matches whose time is over are put aside, when the pattern says so") {
  auto ab = lv::pattern<"pattern", lv::matching{.expired = lv::timed_out::aside}>(
      by_time, lv::every<"x">(is<'a'>).then<"y">(is<'b'>).then<"z">(is<'c'>).within(5_s));
  auto op = std::move(ab.op).bind<letter>();
  said matched, aside;
  std::uint64_t dropped = 0;
  auto emit = [&](const auto& m) { matched.push_back(words(m)); };
  auto put_aside = [&](const auto& m) { aside.push_back(words(m)); };
  auto out = port_to(emit, put_aside, dropped);
  op.on(lv::start{}, out);
  for (const letter& l : letters("ab   ab")) op(l, out);
  CHECK(aside == said{"a0 b1 [0, 1]"});  // by an event that is beyond,
  op.on(lv::watermark{{20'000'000'000}}, out);
  CHECK(aside == said{"a0 b1 [0, 1]", "a5 b6 [5, 6]"});  // and by the watermark
  CHECK(matched.empty());
}

TEST_CASE("late events are dropped and counted, or put aside") {
  auto op = std::move(lv::pattern(by_time, lv::every<"x">(is<'a'>).then<"y">(is<'b'>)).op).bind<letter>();
  std::vector<std::uint32_t> aside;
  std::uint64_t dropped = 0;
  auto emit = [](const auto&) {};
  auto put_aside = [&](const letter& l) { aside.push_back(l.number); };
  auto out = port_to(emit, put_aside, dropped);
  op.on(lv::start{}, out);
  op.on(lv::watermark{{3'000'000'000}}, out);
  for (const letter& l : letters("aaaa")) op(l, out);
  CHECK(dropped == 3);  // the last comes at the watermark: it is not late
  auto other = std::move(lv::pattern(lv::at<lv::late::aside>(&letter::time), lv::every<"x">(is<'a'>).then<"y">(is<'b'>)).op)
                   .bind<letter>();
  other.on(lv::start{}, out);
  other.on(lv::watermark{{1'000'000'000}}, out);
  for (const letter& l : letters("aa")) other(l, out);
  CHECK(aside == std::vector<std::uint32_t>{0});
  CHECK(dropped == 3);
}

TEST_CASE("without an extractor time is that of processing, and a tick makes an absence certain") {
  said output;
  auto flow = lv::flow(lv::from(lv::input<letter>()) | lv::pattern(lv::every<"x">(is<'a'>).absent(is<'b'>, 5_s)) |
                       lv::to([&](const auto& m) { output.push_back(words(m)); }));
  REQUIRE(flow.open());
  CHECK(flow.due() == lv::never);
  flow.advance({100'000'000'000});
  flow.push(letters("a"));
  CHECK(flow.due() == lv::timestamp{105'000'000'000});
  flow.advance({104'000'000'000});
  CHECK(output.empty());
  flow.advance({110'000'000'000});
  CHECK(output == said{"a0 [100, 105]"});
  CHECK(flow.due() == lv::never);
}

TEST_CASE("a retired key's partial matches are forgotten, and counted as dropped") {
  said output;
  auto flow = lv::flow(lv::from(lv::input<letter>()) | lv::key_by(&letter::key, {.bound = 4, .idle = 5_s}) |
                       lv::pattern<"pattern">(by_time, lv::every<"x">(is<'a'>).then<"y">(is<'b'>)) |
                       lv::to([&](const auto& m) { output.push_back(words(m)); }));
  REQUIRE(flow.open());
  flow.advance({1'000'000'000});
  flow.push(letters("aA"));
  flow.advance({20'000'000'000});
  flow.push(letters("bB"));
  CHECK(output.empty());
  CHECK(flow.counts<"pattern">().dropped == 2);
}

namespace {

/// A pattern, and the same in words of the naive one.
template <class Make>
struct twin {
  Make make;
  support::naive_pattern naive;
};
template <class Make>
twin(Make, support::naive_pattern) -> twin<Make>;

/// Letters of two keys, on their way through time with steps back now and then.
std::vector<letter> random_letters(support::random& random, std::size_t n) {
  std::vector<letter> all;
  std::int64_t now = 100;
  for (std::uint32_t i = 0; i < n; ++i) {
    now += static_cast<std::int64_t>(random.below(3)) - (random.one_in(12) ? 3 : 0);
    all.push_back(
        {{now * 1'000'000'000}, 1 + static_cast<std::uint32_t>(random.below(2)), i, static_cast<char>('a' + random.below(4))});
  }
  return all;
}
support::naive_outcome naive_outcome_of(const support::naive_pattern& p, lv::matching how, const std::vector<letter>& events,
                                        std::uint32_t key, std::int64_t until) {
  std::vector<support::naive_event> own;
  for (const letter& l : events)
    if (l.key == key) own.push_back({l.what, l.time.ns / 1'000'000'000, l.number});
  return support::naive_matches(p, how, own, until);
}

template <lv::matching How, class Make>
void matches_naive_twin(const twin<Make>& both, std::uint64_t seed) {
  support::random random{seed};
  CAPTURE(seed);
  std::size_t matches = 0;
  for (int round = 0; round < 150; ++round) {
    const auto events = random_letters(random, 40);
    auto op = std::move(lv::pattern<"", How>(by_time, both.make()).op).template bind<lv::keyed<std::uint32_t, letter>>();
    std::map<std::uint32_t, support::naive_outcome> outcomes;
    std::uint64_t dropped = 0;
    auto emit = [&](const auto& m) { outcomes[m.key].matches.push_back(words(m.event)); };
    auto aside = [&](const auto& m) { outcomes[m.key].aside.push_back(words(m.event)); };
    auto out = port_to(emit, aside, dropped);
    op.on(lv::start{3}, out);
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      const letter& l = events[i];
      dropped = 0;
      op(lv::keyed<std::uint32_t, letter>{l.key, l.key, l}, out);
      outcomes[l.key].dropped += dropped;
      // A watermark that makes none late changes nothing: what it tells a key's next event would have told.
      std::int64_t least = INT64_MAX;
      for (std::size_t k = i + 1; k < events.size(); ++k) least = std::min(least, events[k].time.ns);
      if (least != INT64_MAX && random.one_in(3)) op.on(lv::watermark{{least}}, out);
    }
    const std::int64_t until = events.back().time.ns / 1'000'000'000 + static_cast<std::int64_t>(random.below(10));
    op.on(lv::watermark{{until * 1'000'000'000}}, out);
    for (std::uint32_t key : {1u, 2u}) {
      const auto expected = naive_outcome_of(both.naive, How, events, key, until);
      matches += expected.matches.size();
      std::string text;
      for (const letter& l : events)
        if (l.key == key) text += l.what + std::to_string(l.time.ns / 1'000'000'000) + " ";
      CAPTURE(text);
      REQUIRE(outcomes[key].matches == expected.matches);
      REQUIRE(outcomes[key].aside == expected.aside);
      REQUIRE(outcomes[key].dropped == expected.dropped);
    }
  }
  CHECK((matches > 20 || How.full == lv::when_full::drop_oldest));  // they may starve each other
}

/// A pattern of each kind, beside the naive one.
using lv::every;
const twin twin_1{[] { return every<"x">(is<'a'>).then<"y">(is<'b'>).then<"z">(is<'c'>); }, {{{"a"}, {"b"}, {"c"}}}};
const twin twin_2{[] { return every<"x">(is<'a'>).next<"y">(is<'b', 'a'>).then<"z">(is<'c'>).within(8_s); },
                  {.steps = {{"a"}, {"ab", true}, {"c"}}, .within = 8}};
const twin twin_3{[] { return every<"x">(is<'a'>).unless(is<'d', 'b'>).then<"y">(is<'b'>).within(6_s); },
                  {.steps = {{"a"}, {.fits = "b", .unless = "db"}}, .within = 6}};
const twin twin_4{[] { return every<"x">(is<'a', 'b'>).times<2>().then<"y">(is<'b'>).times<2>(); },
                  {{{"ab", false, 2, 2}, {"b", false, 2, 2}}}};
const twin twin_5{[] { return every<"x">(is<'a'>).times<1, 3>().next<"y">(is<'b', 'a'>, 3_s); },
                  {{{"a", false, 1, 3}, {.fits = "ab", .strict = true, .gap = 3}}}};
const twin twin_6{[] { return every<"x">(is<'a'>).at_least<2>().unless(is<'d'>).then<"y">(is<'b', 'c'>, 4_s).within(12_s); },
                  {.steps = {{"a", false, 2, UINT32_MAX}, {.fits = "bc", .unless = "d", .gap = 4}}, .within = 12}};
const twin twin_7{[] { return every<"x">(is<'a'>).next<"y">(is<'b', 'a'>).times<1, 3>().then<"z">(is<'c'>, 3_s); },
                  {{{"a"}, {"ab", true, 1, 3}, {.fits = "c", .gap = 3}}}};
const twin twin_8{[] { return every<"x">(is<'a'>).absent(is<'b'>, 4_s); }, {.steps = {{"a"}}, .absent = "b", .absent_gap = 4}};
const twin twin_9{[] { return every<"x">(is<'a'>).then<"y">(is<'b'>).absent(is<'c'>).within(6_s); },
                  {.steps = {{"a"}, {"b"}}, .absent = "c", .within = 6}};
const twin twin_10{[] { return every<"x">(is<'a'>).then<"y">(is<'b'>, 5_s).at_least<2>(); },
                   {{{"a"}, {"b", false, 2, UINT32_MAX, "", 5}}}};
const twin twin_11{[] { return every<"x">(is<'a', 'b'>).next<"y">(is<'a', 'b'>).times<1, 3>().next<"z">(is<'c', 'b'>); },
                   {{{"ab"}, {"ab", true, 1, 3}, {"cb", true}}}};
const twin twin_12{[] { return every<"x">(is<'a'>).then<"y">(is<'b', 'c'>, 4_s).times<2, 4>().then<"z">(is<'c'>, 2_s); },
                   {{{"a"}, {"bc", false, 2, 4, "", 4}, {.fits = "c", .gap = 2}}}};
const twin twin_13{[] { return every<"x">(is<'a'>).then<"y">(is<'b'>).times<1, 2>().absent(is<'c'>, 3_s); },
                   {.steps = {{"a"}, {"b", false, 1, 2}}, .absent = "c", .absent_gap = 3}};
const twin twin_14{[] { return every<"x">(is<'a', 'b'>).times<1, 2>(); }, {{{"ab", false, 1, 2}}}};

void for_each_twin(auto f) {
  f(twin_1, 1);
  f(twin_2, 2);
  f(twin_3, 3);
  f(twin_4, 4);
  f(twin_5, 5);
  f(twin_6, 6);
  f(twin_7, 7);
  f(twin_8, 8);
  f(twin_9, 9);
  f(twin_10, 10);
  f(twin_11, 11);
  f(twin_12, 12);
  f(twin_13, 13);
  f(twin_14, 14);
}

}  // namespace

TEST_CASE("against a naive reference, on random letters: matches, what is put aside, what is dropped") {
  for_each_twin([](const auto& both, std::uint64_t seed) {
    using enum lv::skip;
    constexpr auto aside = lv::timed_out::aside;
    constexpr auto oldest = lv::when_full::drop_oldest;
    matches_naive_twin<lv::matching{.expired = aside}>(both, seed);
    matches_naive_twin<lv::matching{.partials = 3, .full = oldest}>(both, seed + 100);
    matches_naive_twin<lv::matching{.partials = 3, .after_match = to_next, .expired = aside}>(both, seed + 200);
    matches_naive_twin<lv::matching{.partials = 2, .after_match = none, .full = oldest, .expired = aside}>(both, seed + 300);
  });
}

TEST_CASE("of relaxed steps it misses no match that backtracking finds, and none is complete earlier") {
  const support::naive_pattern patterns[] = {
      {.steps = {{"a"}, {"ab"}, {"c"}}},
      {.steps = {{"ab", false, 1, 3}, {"bc", false, 2, 2}, {"a"}}, .within = 9},
      {.steps = {{"a", false, 2, UINT32_MAX}, {"ab", false, 1, 2}, {"b"}}, .within = 12},
  };
  support::random random{5};
  for (int round = 0; round < 300; ++round) {
    std::vector<support::naive_event> events;
    for (const letter& l : random_letters(random, 14)) events.push_back({l.what, l.time.ns / 1'000'000'000, l.number});
    std::ranges::sort(events, {}, &support::naive_event::time);
    for (const support::naive_pattern& p : patterns)
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (p.steps[0].fits.find(events[i].what) == std::string_view::npos) continue;
        support::naive_path path{p, events, i, false};
        path.follow();
        REQUIRE((path.matches.empty() ? SIZE_MAX : path.matches[0].first) == support::earliest_completion(p, events, i, 0, 1, i));
      }
  }
}

TEST_CASE("a restart in the middle of partial matches and of absences changes nothing") {
  for_each_twin([](const auto& both, std::uint64_t seed) {
    support::random random{seed};
    constexpr lv::matching how{.partials = 3, .after_match = lv::skip::to_next, .expired = lv::timed_out::aside};
    for (int round = 0; round < 20; ++round) {
      auto make = [&] {
        return std::move(lv::pattern<"", how>(by_time, both.make()).op).template bind<lv::keyed<std::uint32_t, letter>>();
      };
      auto first = make(), second = make();
      said whole, parts;
      std::uint64_t dropped = 0;
      auto to_whole = [&](const auto& m) { whole.push_back(std::to_string(m.key) + words(m.event)); };
      auto to_parts = [&](const auto& m) { parts.push_back(std::to_string(m.key) + words(m.event)); };
      auto out = port_to(to_whole, to_whole, dropped);
      auto other = port_to(to_parts, to_parts, dropped);
      first.on(lv::start{3}, out);
      second.on(lv::start{3}, other);
      const auto events = random_letters(random, 60);
      auto feed = [](auto& op, const letter& l, auto port) { op(lv::keyed<std::uint32_t, letter>{l.key, l.key, l}, port); };
      const std::size_t cut = random.below(events.size());
      for (std::size_t i = 0; i < cut; ++i) feed(first, events[i], out);
      support::carry_over(first, second);
      whole.clear();
      for (std::size_t i = cut; i < events.size(); ++i) {
        feed(first, events[i], out);
        feed(second, events[i], other);
      }
      first.on(lv::watermark{{1'000'000'000'000}}, out);
      second.on(lv::watermark{{1'000'000'000'000}}, other);
      REQUIRE(whole == parts);
    }
  });
}

TEST_CASE("how events are cut into spans changes nothing") {
  support::random random{9};
  const auto events = random_letters(random, 5000);
  auto make = [](said& output) {
    return lv::flow(lv::from(lv::input<letter>()) | lv::key_by(&letter::key, {.bound = 4}) |
                    lv::pattern<"", lv::matching{.partials = 2}>(
                        by_time, every<"x">(is<'a'>).times<1, 2>().then<"y">(is<'b'>).absent(is<'c'>).within(9_s)) |
                    lv::to([&](const auto& m) { output.push_back(words(m)); }));
  };
  const said expected = support::outcome<std::string>(events, 1, make);
  CHECK(expected.size() > 100);
  for (const std::size_t length : support::span_lengths) REQUIRE(support::outcome<std::string>(events, length, make) == expected);
}
