// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/iso8601.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <initializer_list>
#include <random>
#include <string>

using namespace levada;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr timestamp evening{1'386'018'900 * second};  // 2013-12-02 21:15:00 UTC

timestamp parsed(std::string_view s) {
  auto t = parse_time(s);
  REQUIRE_MESSAGE(t, s);
  return *t;
}

std::string written(timestamp t) { return std::string(format_time(t).view()); }

}  // namespace

TEST_CASE("a date, a date with a time, with or without T, seconds and a fraction") {
  CHECK(parsed("2013-12-02 21:15:00") == evening);
  CHECK(parsed("2013-12-02T21:15:00") == evening);
  CHECK(parsed("2013-12-02t21:15:00z") == evening);
  CHECK(parsed("2013-12-02 21:15") == evening);
  CHECK(parsed("2013-12-02") == timestamp{evening.ns - (21 * 3600 + 15 * 60) * second});
  CHECK(parsed("2013-12-02T21:15:00.123456789Z").ns == evening.ns + 123'456'789);
  CHECK(parsed("2013-12-02T21:15:00,5Z").ns == evening.ns + 500'000'000);
  CHECK(parsed("1970-01-01").ns == 0);
  CHECK(parsed("1969-12-31T23:59:59.999999999").ns == -1);
}

TEST_CASE("an offset is subtracted: it counts from Greenwich to the east") {
  CHECK(parsed("2013-12-02T22:15:00+01:00") == evening);
  CHECK(parsed("2013-12-02T17:45:00-03:30") == evening);
  CHECK(parsed("2013-12-02T17:45:00-0330") == evening);
  CHECK(parsed("2013-12-03T00:15:00+03") == evening);
  CHECK(parsed("2013-12-02T21:15+00:00") == evening);
}

TEST_CASE("seconds since 1970, in decimal, without the rounding of a double") {
  CHECK(parsed("1386018900") == evening);
  CHECK(parsed("1386018900.25").ns == evening.ns + 250'000'000);
  CHECK(parsed("1386018900.123456789").ns == evening.ns + 123'456'789);
  CHECK(parsed("1386018900.1234567899").ns == evening.ns + 123'456'789);
  CHECK(parsed("0").ns == 0);
  CHECK(parsed("-0.25").ns == -250'000'000);
  CHECK(parsed("-1.75").ns == -1'750'000'000);
  CHECK(parsed("+7").ns == 7 * second);
  CHECK(parsed("20131202").ns == 20131202 * second);  // not a date: dates have hyphens
}

TEST_CASE("what no calendar has is refused with a sentence") {
  for (auto s : {"",
                 "x",
                 "2013-13-02",
                 "2013-00-02",
                 "2013-02-30",
                 "2013-02-29",
                 "1900-02-29",
                 "2013-04-31",
                 "2013-1-02",
                 "2013-12-02T24:00:00",
                 "2013-12-02T21:60",
                 "2013-12-02T21:15:60",
                 "2013-12-02T21:15:00.",
                 "2013-12-02T21",
                 "2013-12-02T21:15:00+",
                 "2013-12-02T21:15:00+1",
                 "2013-12-02T21:15:00+24:00",
                 "2013-12-02T21:15:00+01:60",
                 "2013-12-02T21:15:00ZZ",
                 "2013-12-02T21:15:00 Z",
                 " 2013-12-02",
                 "2013-12-02 ",
                 "2013-12-02T",
                 "1.",
                 ".5",
                 "-",
                 "+",
                 "1e9",
                 "1386018900 ",
                 "--1",
                 "1386018900,5",
                 "0x10",
                 "nan",
                 "12345-01-01",
                 "2013/12/02"}) {
    auto t = parse_time(s);
    REQUIRE_MESSAGE(!t, s);
    CHECK(t.error().kind == failure::data);
    CHECK(t.error().sentence.view().find("is not a time") != std::string_view::npos);
  }
  CHECK(parsed("2012-02-29") > parsed("2012-02-28"));
  CHECK(parsed("2000-02-29") > parsed("2000-02-28"));
}

TEST_CASE("the first and the last instant there are, and nothing outside them") {
  CHECK(written(never) == "2262-04-11T23:47:16.854775807Z");
  CHECK(written(long_ago) == "1677-09-21T00:12:43.145224192Z");
  CHECK(parsed("2262-04-11T23:47:16.854775807Z") == never);
  CHECK(parsed("1677-09-21T00:12:43.145224192Z") == long_ago);
  CHECK(parsed("-9223372036.854775808") == long_ago);
  CHECK(parsed("9223372036.854775807") == never);
  for (auto s : {"2262-04-11T23:47:16.854775808Z", "1677-09-21T00:12:43.145224191Z", "9223372036.854775808",
                 "-9223372036.854775809", "9999-12-31", "0000-01-01", "99999999999999999999999", "-999999999999999999"})
    CHECK_MESSAGE(!parse_time(s), s);
}

TEST_CASE("milliseconds are written if they suffice, else nanoseconds") {
  CHECK(written(evening) == "2013-12-02T21:15:00.000Z");
  CHECK(written(timestamp{evening.ns + 7'000'000}) == "2013-12-02T21:15:00.007Z");
  CHECK(written(timestamp{evening.ns + 7'000'001}) == "2013-12-02T21:15:00.007000001Z");
  CHECK(written(timestamp{-1}) == "1969-12-31T23:59:59.999999999Z");
  CHECK(written(timestamp{-1'000'000}) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("the calendar is that of std::chrono, every day from 1677 to 2262") {
  using namespace std::chrono;
  for (sys_days d = 1677y / 9 / 22; d <= sys_days(2262y / 4 / 11); d += days(1)) {
    year_month_day there(d);
    auto here = detail::civil_date::of(d.time_since_epoch().count());
    bool same = here.year == int(there.year()) && here.month == unsigned(there.month()) && here.day == unsigned(there.day()) &&
                here.days() == d.time_since_epoch().count() && here.exists();
    REQUIRE(same);
  }
}

TEST_CASE("what is written is read back, whatever the instant") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    timestamp t{static_cast<std::int64_t>(random())};
    if (i % 2) t.ns -= t.ns % 1'000'000;
    REQUIRE(parsed(format_time(t).view()) == t);
  }
}

TEST_CASE("bytes that are no time at all are refused, not misread") {
  std::mt19937 random(11);
  const std::string_view alphabet = "0123456789-:T .+Z";
  for (int i = 0; i < 200'000; ++i) {
    std::string s = "2013-12-02T21:15:00.25+01:00";
    for (int k = 0; k < 3; ++k) s[random() % s.size()] = alphabet[random() % alphabet.size()];
    s.resize(random() % (s.size() + 1));
    if (auto t = parse_time(s)) REQUIRE(parsed(format_time(*t).view()) == *t);
  }
}
