// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/json.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace levada;

namespace {

enum class state : std::uint8_t { idle, running };

template <class T>
std::string json(const T& event) {
  char memory[4096];
  auto s = to_json(event, memory);
  REQUIRE(s);
  return std::string(*s);
}
struct words {
  text<64> s;
};
std::string quoted(std::string_view s) { return json(words{s}).substr(5, json(words{s}).size() - 6); }

struct point {
  float x, y;
};
struct line {
  point from, to;
};

}  // namespace

TEST_CASE("an event is one object on one line") {
  struct reading {
    levada::timestamp time;
    text<16> sensor;
    state now;
    double value;
    bool good;
    std::uint32_t count;
  };
  CHECK(json(reading{{1'386'018'900'000'000'000}, "press", state::running, 0.1, true, 7}) ==
        R"({"time":"2013-12-02T21:15:00.000Z","sensor":"press","now":"running","value":0.1,"good":true,"count":7})");
  struct empty {};
  CHECK(json(empty{}) == "{}");
}

TEST_CASE("dotted names become nested objects and arrays again") {
  struct nested {
    int id;
    point position;
    point path[2];
    line lines[2];
    line whole;
    int last;
  };
  CHECK(json(nested{1, {2, 3}, {{4, 5}, {6, 7}}, {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}, {{0, 1}, {2, 3}}, 9}) ==
        R"({"id":1,"position":{"x":2,"y":3},"path":[{"x":4,"y":5},{"x":6,"y":7}],)"
        R"("lines":[{"from":{"x":1,"y":2},"to":{"x":3,"y":4}},{"from":{"x":5,"y":6},"to":{"x":7,"y":8}}],)"
        R"("whole":{"from":{"x":0,"y":1},"to":{"x":2,"y":3}},"last":9})");
  struct ends_inside {
    struct {
      point p[1];
    } a;
  };
  CHECK(json(ends_inside{}) == R"({"a":{"p":[{"x":0,"y":0}]}})");
}

TEST_CASE("arrays of numbers are flat arrays") {
  struct arrays {
    int a[3];
    float m[2][2];
    char lines[2][4];
    state s[2];
  };
  CHECK(json(arrays{{1, -2, 3}, {{1, 2}, {3, 4.5f}}, {"ab", "abc"}, {state::idle, static_cast<state>(9)}}) ==
        R"({"a":[1,-2,3],"m":[1,2,3,4.5],"lines":["ab","abc"],"s":["idle",9]})");
}

TEST_CASE("strings are escaped as RFC 8259 asks") {
  CHECK(quoted("plain") == R"("plain")");
  CHECK(quoted("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(quoted("\x01\x1f\x7f") == "\"\\u0001\\u001f\x7f\"");
  CHECK(quoted("grün 水 🜄") == "\"grün 水 🜄\"");
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD") {
  const std::string no = "\xEF\xBF\xBD";
  auto raw = [](std::string_view s) {
    words w;
    std::memcpy(w.s.bytes, s.data(), s.size());
    return json(w).substr(6, json(w).size() - 8);
  };
  CHECK(raw("a\xFF z") == "a" + no + " z");
  CHECK(raw("\xC3") == no);                             // cut short
  CHECK(raw("\xC0\xAF") == no + no);                    // overlong
  CHECK(raw("\xED\xA0\x80") == no + no + no);           // surrogate
  CHECK(raw("\xF4\x90\x80\x80") == no + no + no + no);  // above U+10FFFF
  CHECK(raw("\xF0\x9F\x9C") == no + no + no);
}

TEST_CASE("numbers: the shortest digits that are read back the same; null where JSON has no number") {
  struct numbers {
    double d;
    float f;
    std::uint64_t u;
    std::int64_t i;
  };
  CHECK(json(numbers{0.1, 0.1f, UINT64_MAX, INT64_MIN}) ==
        R"({"d":0.1,"f":0.1,"u":18446744073709551615,"i":-9223372036854775808})");
  CHECK(json(numbers{std::nan(""), -std::numeric_limits<float>::infinity(), 0, 0}) == R"({"d":null,"f":null,"u":0,"i":0})");
  CHECK(json(numbers{-0.0, 1e30f, 1, -1}) == R"({"d":-0,"f":1e+30,"u":1,"i":-1})");

  std::mt19937_64 random(5);
  struct one {
    double d;
  };
  for (int i = 0; i < 20'000; ++i) {
    double d = std::bit_cast<double>(random());
    if (!std::isfinite(d)) continue;
    std::string s = json(one{d});
    REQUIRE(std::strtod(s.c_str() + 5, nullptr) == d);
  }
}

TEST_CASE("durations are seconds, exact") {
  struct held {
    levada::duration d;
  };
  auto seconds = [](std::int64_t ns) { return json(held{levada::duration{ns}}); };
  CHECK(seconds(0) == R"({"d":0})");
  CHECK(seconds(3'000'000'000) == R"({"d":3})");
  CHECK(seconds(-1'500'000'000) == R"({"d":-1.5})");
  CHECK(seconds(1) == R"({"d":0.000000001})");
  CHECK(seconds(-10'000'000) == R"({"d":-0.01})");
  CHECK(seconds(INT64_MIN) == R"({"d":-9223372036.854775808})");
}

TEST_CASE("too little memory is told, with what is needed; what fits exactly fits") {
  words w{"seven"};
  char memory[13];
  auto enough = to_json(w, memory);
  REQUIRE(enough);
  CHECK(*enough == R"({"s":"seven"})");
  for (std::size_t n = 0; n < 13; ++n) {
    auto s = to_json(w, std::span(memory, n));
    REQUIRE(!s);
    CHECK(s.error().kind == failure::no_space);
    CHECK(s.error().sentence.view().find("needs 13 bytes") != std::string_view::npos);
  }
}

TEST_CASE("a checked descriptor of any names gives balanced JSON") {
  std::mt19937 random(9);
  const char* const names[] = {"a", "a.b", "a.0", "a.0.b", "0", "0.1", "a.b.c", ".", "..", "a.", ".a", "1.a", "a.1.b"};
  std::byte bytes[8]{};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<field> fields;
    for (std::size_t n = 0; n < 1 + random() % 5; ++n)
      fields.push_back({names[random() % std::size(names)], 1, 1, 0, field_kind::boolean});
    descriptor_view d{fields, {}, 8, 8};
    REQUIRE(check(d));
    std::string s;
    write_json(record(d, bytes), [&](std::string_view piece) { s += piece; });
    std::string open;
    for (char c : s) {
      if (c == '{' || c == '[') open += c;
      if (c == '}' || c == ']') {
        REQUIRE(!open.empty());
        REQUIRE(open.back() == (c == '}' ? '{' : '['));
        open.pop_back();
      }
    }
    REQUIRE(open.empty());
  }
}
