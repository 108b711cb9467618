// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/record.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using namespace levada;

namespace {

enum class state : std::uint8_t { idle, running };
enum class level : std::int16_t { low = -1, high = 200 };

struct point {
  float x, y;
};

struct reading {
  levada::timestamp time;
  levada::duration length;
  text<16> name;
  char raw[4];
  char letter;
  bool good;
  state now;
  level height;
  std::int8_t small;
  std::uint64_t large;
  double value;
  float axes[3];
  char lines[2][8];
  point path[2];
};

const reading sample{{1'500'000'000},
                     levada::duration{-250'000'000},
                     "pump 7",
                     {'f', 'u', 'l', 'l'},
                     'x',
                     true,
                     state::running,
                     level::low,
                     -5,
                     UINT64_MAX,
                     2.75,
                     {1, 2, 3.5f},
                     {"one", "two"},
                     {{1, 2}, {3, 4}}};

}  // namespace

TEST_CASE("members are found by name, and have a number") {
  record r(sample);
  CHECK(r.find("time") == 0);
  CHECK(r.find("path.1.y") == r.size() - 1);
  CHECK(r.find("nothing") == record::npos);
  CHECK(r.find("path") == record::npos);
  CHECK(r.number(r.find("value")) == 2.75);
  CHECK(r.number(r.find("time")) == 1.5);
  CHECK(r.number(r.find("length")) == -0.25);
  CHECK(r.number(r.find("small")) == -5);
  CHECK(r.number(r.find("large")) == 0x1p64);
  CHECK(r.number(r.find("good")) == 1);
  CHECK(r.number(r.find("now")) == 1);
  CHECK(r.number(r.find("path.1.x")) == 3);
  CHECK(std::isnan(r.number(r.find("name"))));
}

TEST_CASE("whole numbers are exact: times in nanoseconds, unsigned members by their bits") {
  record r(sample);
  CHECK(r.integer(r.find("time")) == 1'500'000'000);
  CHECK(r.time(r.find("time")) == sample.time);
  CHECK(r.integer(r.find("length")) == -250'000'000);
  CHECK(static_cast<std::uint64_t>(r.integer(r.find("large"))) == UINT64_MAX);
  CHECK(r.integer(r.find("height")) == -1);
  CHECK(r.integer(r.find("letter")) == 'x');
  CHECK(r.integer(r.find("value")) == 2);
  CHECK(r.integer(r.find("name")) == 0);
}

TEST_CASE("a real number that no whole one holds is cut to the range") {
  for (auto [value, whole] : {std::pair{1e300, INT64_MAX},
                              {-1e300, INT64_MIN},
                              {std::nan(""), std::int64_t{0}},
                              {-0x1p63, INT64_MIN},
                              {0x1p63, INT64_MAX},
                              {-2.9, std::int64_t{-2}}}) {
    reading e = sample;
    e.value = value;
    record r(e);
    CHECK(r.integer(r.find("value")) == whole);
  }
}

TEST_CASE("words: texts up to their first zero or their end, characters, names of values") {
  record r(sample);
  CHECK(r.words(r.find("name")) == "pump 7");
  CHECK(r.words(r.find("raw")) == "full");
  CHECK(r.words(r.find("letter")) == "x");
  CHECK(r.words(r.find("now")) == "running");
  CHECK(r.words(r.find("height")) == "low");
  CHECK(r.words(r.find("lines"), 1) == "two");
  CHECK(r.words(r.find("value")) == "");

  reading e = sample;
  e.now = static_cast<state>(77);
  record unnamed(e);
  CHECK(unnamed.words(unnamed.find("now")) == "");
  CHECK(unnamed.integer(unnamed.find("now")) == 77);
}

TEST_CASE("elements of arrays") {
  record r(sample);
  auto axes = r.find("axes");
  CHECK(r.at(axes).count == 3);
  CHECK(r.number(axes, 2) == 3.5);
}

TEST_CASE("bytes need no alignment") {
  std::vector<std::byte> bytes(sizeof(reading) + 8);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::memcpy(bytes.data() + shift, &sample, sizeof sample);
    record r(describe<reading>(), bytes.data() + shift);
    CHECK(r.number(r.find("value")) == 2.75);
    CHECK(r.integer(r.find("time")) == 1'500'000'000);
    CHECK(r.words(r.find("height")) == "low");
    CHECK(r.number(r.find("axes"), 1) == 2);
  }
}

TEST_CASE("a boolean that holds neither 0 nor 1 is true, not undefined") {
  auto bytes = std::vector<std::byte>(sizeof(reading));
  std::memcpy(bytes.data(), &sample, sizeof sample);
  bytes[offsetof(reading, good)] = std::byte{0x80};
  record r(describe<reading>(), bytes.data());
  CHECK(r.integer(r.find("good")) == 1);
}

TEST_CASE("for_each visits the members in order") {
  std::string names;
  record(sample).for_each([&](const field& f, std::size_t i) {
    if (i < 3) names += std::string(f.name.view()) + " ";
  });
  CHECK(names == "time length name ");
  static_assert(!std::is_constructible_v<record, reading&&>);
}
