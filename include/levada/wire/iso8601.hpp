// SPDX-License-Identifier: BSL-1.0
// iso8601: instants as text, exact to the nanosecond: "2013-12-02T21:15:00.250Z" and seconds since 1970.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

namespace detail {

/// Days from 1970-01-01 to a date of the Gregorian calendar, and back. After Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms" (public domain): a year that begins in March has its leap day last, and 400 years are always 146097 days.
struct civil_date {
  std::int64_t year = 1970;
  std::int64_t month = 1;
  std::int64_t day = 1;

  [[nodiscard]] constexpr std::int64_t days() const {
    std::int64_t y = month > 2 ? year : year - 1;
    std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    std::int64_t year_of_era = y - era * 400;
    std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
  }

  static constexpr civil_date of(std::int64_t days) {
    std::int64_t z = days + 719'468;
    std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
    std::int64_t day_of_era = z - era * 146'097;
    std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, day_of_year - (153 * month_from_march + 2) / 5 + 1};
  }

  [[nodiscard]] constexpr bool exists() const {
    if (month < 1 || month > 12 || day < 1) return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= (month == 2 ? (leap ? 29 : 28) : (month == 4 || month == 6 || month == 9 || month == 11) ? 30 : 31);
  }
};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads a text from the left. A member that returns false has left it in the middle: the whole is no time.
struct time_scanner {
  std::string_view rest;

  constexpr bool skip(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  constexpr bool number(std::size_t width, std::int64_t& value) {
    if (rest.size() < width) return false;
    value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (!is_digit(rest[i])) return false;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(width);
    return true;
  }
  /// Digits behind a point, as nanoseconds. What is finer than a nanosecond is cut off.
  constexpr bool fraction(std::int64_t& ns) {
    std::int64_t unit = 100'000'000;
    std::size_t n = 0;
    for (; n < rest.size() && is_digit(rest[n]); ++n, unit /= 10) ns += (rest[n] - '0') * unit;
    rest.remove_prefix(n);
    return n > 0;
  }
  /// Z, or hours and minutes east of Greenwich; nothing means UTC.
  constexpr bool zone(std::int64_t& seconds_east) {
    if (rest.empty() || skip('Z') || skip('z')) return true;
    bool west = rest.front() == '-';
    std::int64_t hours = 0, minutes = 0;
    if (!(skip('-') || skip('+')) || !number(2, hours)) return false;
    if (!rest.empty() && (void(skip(':')), !number(2, minutes))) return false;
    seconds_east = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
  }
  /// 0 <= ns < 10^9. The second that int64 nanoseconds begin in is only partly there, so a negative product goes by its end.
  static constexpr bool join(std::int64_t seconds, std::int64_t ns, timestamp& t) {
    if (seconds < 0) ++seconds, ns -= 1'000'000'000;
    return !__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &t.ns) && !__builtin_add_overflow(t.ns, ns, &t.ns);
  }

  constexpr bool calendar(timestamp& t) {
    civil_date date;
    std::int64_t hour = 0, minute = 0, second = 0, ns = 0, east = 0;
    if (!number(4, date.year) || !skip('-') || !number(2, date.month) || !skip('-') || !number(2, date.day) || !date.exists())
      return false;
    if (!rest.empty()) {
      if (!(skip('T') || skip(' ') || skip('t')) || !number(2, hour) || !skip(':') || !number(2, minute)) return false;
      if (skip(':') && (!number(2, second) || ((skip('.') || skip(',')) && !fraction(ns)))) return false;
      if (!zone(east)) return false;
    }
    return hour < 24 && minute < 60 && second < 60 && rest.empty() &&
           join(date.days() * 86'400 + hour * 3600 + minute * 60 + second - east, ns, t);
  }

  constexpr bool decimal(timestamp& t) {
    bool negative = skip('-');
    if (!negative) skip('+');
    std::int64_t seconds = 0, ns = 0;
    std::size_t n = 0;
    for (; n < rest.size() && is_digit(rest[n]); ++n) {
      if (n >= 18) return false;
      seconds = seconds * 10 + (rest[n] - '0');
    }
    rest.remove_prefix(n);
    if (n == 0 || (skip('.') && !fraction(ns)) || !rest.empty()) return false;
    if (!negative) return join(seconds, ns, t);
    return ns == 0 ? join(-seconds, 0, t) : join(-seconds - 1, 1'000'000'000 - ns, t);
  }
};

/// parse_time without a sentence, for those who have a better one.
constexpr bool read_time(std::string_view s, timestamp& t) {
  bool is_calendar = s.size() > 4 && s[4] == '-';
  return is_calendar ? time_scanner{s}.calendar(t) : time_scanner{s}.decimal(t);
}

}  // namespace detail

/// Takes  "2013-12-02", "2013-12-02 21:15", "2013-12-02T21:15:00.123456789Z", with an offset ("+01:00", "-0330", "+01") or
///        without one (UTC); or seconds since 1970 in decimal: "1386018900", "-0.25". Digits beyond the nanosecond are cut off.
/// Fails  data: a month 13, a February 30, an hour 24, a second 60 (instants have no leap seconds), blanks around it, an
///        exponent, anything outside the years 1677 to 2262.
/// Costs  one pass over the characters; no allocation.
inline result<timestamp> parse_time(std::string_view s) {
  timestamp t;
  if (detail::read_time(s, t)) return t;
  return fault::of(failure::data, "'", s.substr(0, 64),
                   "' is not a time between 1677 and 2262: write 2013-12-02T21:15:00Z, or seconds since 1970");
}

/// "2013-12-02T21:15:00.000Z": milliseconds if they suffice, else nine digits. parse_time gives the same instant back.
constexpr text<32> format_time(timestamp t) {
  constexpr std::int64_t day = 86'400'000'000'000;
  auto date = detail::civil_date::of(slot_of(t, duration{day}));
  std::int64_t ns = t.ns % day + (t.ns % day < 0 ? day : 0);
  text<32> out;
  char* at = out.bytes;
  auto put = [&at](std::int64_t value, int width, char after) {
    for (int i = width - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
    at += width;
    *at++ = after;
  };
  put(date.year, 4, '-');
  put(date.month, 2, '-');
  put(date.day, 2, 'T');
  put(ns / 3'600'000'000'000, 2, ':');
  put(ns / 60'000'000'000 % 60, 2, ':');
  put(ns / 1'000'000'000 % 60, 2, '.');
  if (ns % 1'000'000 == 0)
    put(ns / 1'000'000 % 1'000, 3, 'Z');
  else
    put(ns % 1'000'000'000, 9, 'Z');
  return out;
}

}  // namespace levada::inline v0
