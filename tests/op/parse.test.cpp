// SPDX-License-Identifier: BSL-1.0
#include <levada/op/parse.hpp>

#include "../support/stream.hpp"

#include <levada/flow/aside.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

namespace {

using line = lv::text<128>;
enum class grade : std::uint8_t { good, poor };
struct sample {
  lv::timestamp time{};
  lv::text<8> press{};
  std::int16_t level = 0;
  double axes[2]{};
  grade quality{};

  bool operator==(const sample&) const = default;
};
const sample first{{1'500'000'000}, "p1", -7, {0.5, 2}, grade::poor};

struct outcome {
  std::vector<sample> rows;
  std::vector<std::string> refused, reasons;
};
template <class E>
outcome of(auto parser, const std::vector<E>& lines) {
  outcome o;
  auto flow = lv::flow(lv::from(lv::input<E>()) | parser | lv::aside(lv::to([&](const lv::unparsed<E>& u) {
                         o.refused.emplace_back(lv::detail::line_of(u.event));
                         o.reasons.emplace_back(u.reason.view());
                       })) |
                       lv::to([&](const sample& s) { o.rows.push_back(s); }));
  REQUIRE(flow.open());
  flow.push(lines);
  return o;
}
outcome of(auto parser, const char* text) { return of(parser, std::vector<line>{text}); }

}  // namespace

TEST_CASE("cells become members in their order, an array takes one for each element") {
  CHECK(of(lv::parse<sample>(lv::delimited{';'}), "1.5;p1;-7;0.5;2e0;poor").rows == std::vector{first});
  CHECK(of(lv::parse<sample>(lv::delimited{'\t'}), "1970-01-01T00:00:01.5Z\tp1\t -7\t.5\t2\t1").rows == std::vector{first});
  CHECK(of(lv::parse<sample>(lv::delimited{';'}), "1.5;p1;-7;0.5;2;poor\r\n").rows == std::vector{first});
  CHECK(of(lv::parse<sample>(lv::delimited{';'}), "0;;0;0;0;good").rows == std::vector{sample{}});
}

TEST_CASE("a pattern of literals cuts what no delimiter could") {
  constexpr auto parser = [] { return lv::parse<sample>(lv::dissect<"at {} [{}] level={}, {}/{} ({})">{}); };
  CHECK(of(parser(), "at 1.5 [p1] level=-7, 0.5/2 (poor)").rows == std::vector{first});
  for (const char* no : {"", "at", "at 1.5 [p1] level=-7, 0.5/2 (poor", "At 1.5 [p1] level=-7, 0.5/2 (poor)",
                         "at 1.5 [p1]level=-7, 0.5/2 (poor)", "at 1.5 [p1] level=-7, 0.5/2 (poor) "})
    CHECK(of(parser(), no).reasons == std::vector<std::string>{"the line has not the form that was expected"});
  static_assert(lv::dissect<"{}">::literals == std::array<std::string_view, 2>{});
  static_assert(lv::dissect<"<{} {}>">::literals == std::array<std::string_view, 3>{"<", " ", ">"});
  const auto cells = [](auto cutter, std::string_view text) {
    std::string all;
    const bool known = cutter(text, [&](std::string_view cell) { all.append("(").append(cell).append(")"); });
    return known ? all : "no";
  };
  CHECK(cells(lv::dissect<"{}: {}">{}, "a: b: c") == "(a)(b: c)");  // the first end that there is; the last cell takes the rest
  CHECK(cells(lv::dissect<"{}: {}">{}, ": ") == "()()");
  CHECK(cells(lv::dissect<"[{}]">{}, "[]") == "()");
  CHECK(cells(lv::dissect<"[{}]">{}, "[") == "no");
  CHECK(cells(lv::delimited{','}, ",a,") == "()(a)()");
}

TEST_CASE("whoever has a library of regular expressions gives a function") {
  const auto by_expression = [](std::string_view text, auto take) {
    static const std::regex form(R"((\S+) (\w+): (-?\d+) +([^,]+),(\S+) (\w+).*)");
    std::match_results<std::string_view::const_iterator> match;
    if (!std::regex_match(text.begin(), text.end(), match, form)) return false;
    for (std::size_t i = 1; i < match.size(); ++i) take(std::string_view(match[i].first, match[i].second));
    return true;
  };
  CHECK(of(lv::parse<sample>(by_expression), "1.5 p1: -7   0.5,2 poor, or so").rows == std::vector{first});
  CHECK(of(lv::parse<sample>(by_expression), "1.5 p1 -7 0.5,2 poor").refused.size() == 1);
}

TEST_CASE("what is no row goes aside with the event and the reason") {
  const auto reason = [](const char* text) {
    auto o = of(lv::parse<sample>(lv::delimited{';'}), text);
    CHECK(o.rows.empty());
    REQUIRE(o.refused.size() == 1);
    CHECK(o.refused[0] == text);
    return o.reasons[0];
  };
  CHECK(reason("1.5;p1;-7;0.5;2") == "5 cells instead of 6");
  CHECK(reason("1.5;p1;-7;0.5;2;poor;") == "7 cells instead of 6");
  CHECK(reason("") == "cell 1, 'time', is not a time");
  CHECK(reason("1.5;p1;seven;0.5;2;poor") == "cell 3, 'level', is not a whole number");
  CHECK(reason("1.5;p1;70000;0.5;2;poor") == "cell 3, 'level', is too large or too small for the member");
  CHECK(reason("1.5;p1;-7;0.5;x;nor this") == "cell 5, 'axes', is not a number");
  CHECK(reason("1.5;press 12;-7;0.5;2;poor") == "cell 2, 'press', is longer than the 7 bytes of the member");
  CHECK(reason("1.5;p1;-7;0.5;2;bad") == "cell 6, 'quality', is not a value of the enumeration");
}

TEST_CASE("without a branch it is dropped and counted") {
  auto flow =
      lv::flow(lv::from(lv::input<line>()) | lv::parse<"rows", sample>(lv::delimited{';'}) | lv::to([](const sample&) {}));
  REQUIRE(flow.open());
  flow.push(std::vector<line>{"1.5;p1;-7;0.5;2;poor", "1.5", "2.5;p1;-7;0.5;2;poor"});
  CHECK(flow.counts<"rows">().out == 2);
  CHECK(flow.counts<"rows">().dropped == 1);
}

TEST_CASE("the text may be a value of the event, and a key stays around the row and around what goes aside") {
  struct message {
    std::uint32_t from;
    line content;
  };
  std::vector<std::pair<std::uint32_t, std::int16_t>> rows;
  std::vector<std::uint32_t> refused;
  auto flow = lv::flow(lv::from(lv::input<message>()) | lv::key_by(&message::from) |
                       lv::parse<sample>(lv::delimited{' '}, &message::content) |
                       lv::aside(lv::to([&](const lv::unparsed<message>& u) { refused.push_back(u.event.from); })) |
                       lv::to([&](const sample& s) { rows.emplace_back(0, s.level); }));
  REQUIRE(flow.open());
  flow.push(std::vector<message>{{7, "1 p1 5 0 0 good"}, {8, "hello"}, {9, "1 p1 6 0 0 good"}});
  CHECK(rows == std::vector<std::pair<std::uint32_t, std::int16_t>>{{0, 5}, {0, 6}});
  CHECK(refused == std::vector<std::uint32_t>{8});
}

TEST_CASE("random lines: all that a naive reader takes, and nothing else, however spans are cut") {
  support::random r{6};
  struct pair {
    std::int32_t a;
    lv::text<8> b;
    bool operator==(const pair&) const = default;
  };
  std::vector<line> lines;
  std::vector<pair> expected;
  for (int i = 0; i < 3000; ++i) {
    std::string s;
    for (auto n = r.below(7); n > 0; --n) s += "0123,x-"[r.below(7)];
    lines.push_back(line(s));
    std::vector<std::string> cells;
    std::istringstream in(s + ",");
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    static const std::regex whole("-?[0-9]+");
    if (cells.size() != 2 || !std::regex_match(cells[0], whole)) continue;
    expected.push_back({std::stoi(cells[0]), cells[1].c_str()});
  }
  CHECK(expected.size() > 100);
  for (std::size_t length : {std::size_t{1}, std::size_t{65}, std::size_t{10'000}})
    CHECK(support::outcome<pair>(lines, length, [](auto& output) {
            return lv::flow(lv::from(lv::input<line>()) | lv::parse<pair>(lv::delimited{','}) |
                            lv::to([&](const pair& p) { output.push_back(p); }));
          }) == expected);
}
