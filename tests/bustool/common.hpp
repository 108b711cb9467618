// SPDX-License-Identifier: BSL-1.0
// common: the tool as its user meets it: a process, what it prints, and its exit code; and a topic with something of every kind.
#pragma once

#include "../box/program.hpp"

#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace lv = levada;
using namespace levada::literals;
using support::contains;
using support::eventually;
using support::lines_of;
using support::program;
using support::scratch;
using support::write_file;

enum class state : std::uint8_t { idle, running };
struct point {
  float x, y;
};
struct reading {
  lv::timestamp time;
  lv::text<16> sensor;
  double value;
  state now;
  bool good;
  std::int32_t axes[3];
  point corners[2];
};
constexpr const char* schema =
    "time timestamp, sensor text[16], value float64, now enum8{idle=0,running=1}, good bool, axes int32[3], "
    "corners.0.x float32, corners.0.y float32, corners.1.x float32, corners.1.y float32";

inline lv::topic<reading> press(const char* name = "press/1") { return {lv::bus("plant"), name, {.capacity = 1024}}; }

/// Ten o'clock of a day, and i seconds.
inline lv::timestamp at_second(std::int64_t i) { return {1'767'261'600'000'000'000 + i * 1'000'000'000}; }

inline reading make_reading(int i) {
  return {at_second(i), "temp", i * 1.5, state::running, true, {1, -2, i}, {{0.5f, 1}, {2, 3}}};
}
inline std::string json_of(int i) {
  const std::string half = i % 2 == 0 ? "" : ".5";
  return R"({"time":"2026-01-01T10:00:0)" + std::to_string(i) + R"(.000Z","sensor":"temp","value":)" + std::to_string(i * 3 / 2) +
         half + R"(,"now":"running","good":true,"axes":[1,-2,)" + std::to_string(i) +
         R"(],"corners":[{"x":0.5,"y":1},{"x":2,"y":3}]})";
}

/// Events first to last - 1, one a second.
inline void publish(lv::publisher<reading>& p, int first, int last) {
  for (int i = first; i < last; ++i) {
    auto room = p.claim(1);
    REQUIRE(room.size() == 1);
    room[0] = make_reading(i);
    p.commit(1, at_second(i));
  }
}
inline lv::publisher<reading> publisher_of(const lv::topic<reading>& t, int events) {
  auto p = lv::publisher<reading>::open(t);
  REQUIRE(p);
  publish(*p, 0, events);
  return std::move(*p);
}

inline std::string tool_path() {
  const char* path = std::getenv("LEVADA_BUSTOOL");
  REQUIRE_MESSAGE(path, "LEVADA_BUSTOOL names the program to test: run this by ctest, or set it");
  return path;
}
template <class... Argument>
std::vector<std::string> command(Argument... argument) {
  return {tool_path(), argument...};
}

struct ending {
  int code;
  std::string out, err;
};
inline ending run_all(const std::vector<std::string>& arguments) {
  program p(arguments);
  const int code = p.end();
  return {code, p.out(), p.err()};
}
template <class... Argument>
ending run(Argument... argument) {
  return run_all(command(argument...));
}
/// The same with something on its standard input. In a scratch folder.
template <class... Argument>
ending run_with_input(const std::string& input, Argument... argument) {
  write_file("input", input);
  return run_all({"/bin/sh", "-c", "exec \"$0\" \"$@\" < input", tool_path(), argument...});
}

/// Several blanks become one.
inline std::string squeezed(const std::string& text) {
  std::string all;
  for (const char c : text)
    if (c != ' ' || all.empty() || (all.back() != ' ' && all.back() != '\n')) all += c;
  return all;
}
inline std::string own_pid() { return std::to_string(lv::process_id()); }

/// Ends with this code, says this sentence on standard error, and nothing on standard output.
inline bool refuses(const ending& e, int code, const std::string& sentence) {
  const bool as_expected = e.code == code && e.out.empty() && e.err.starts_with("bus: ") && contains(e.err, sentence);
  if (!as_expected) MESSAGE("code ", e.code, ", out '", e.out, "', err '", e.err, "'");
  return as_expected;
}
