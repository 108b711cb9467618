// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/mutable_record.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <string>

using namespace levada;

namespace {

enum class state : std::uint8_t { idle, running };

struct reading {
  levada::timestamp time;
  levada::duration length;
  text<8> name;
  double value;
  float small;
  std::int16_t height;
  std::uint64_t large;
  state now;
  bool good;
  char letter;
  std::int32_t axes[3];
};

std::size_t index(std::string_view name) {
  const reading any{};
  return record(any).find(name);
}
bool refused(reading& r, std::string_view name, std::string_view characters, std::string_view because) {
  const auto done = mutable_record(r).set(index(name), characters);
  return !done && done.error().kind == failure::data &&
         done.error().sentence.view() == compose<256>("member '", name, "': '", characters, "' ", because).view();
}

}  // namespace

TEST_CASE("mutable_record: members of every kind take the characters of their value") {
  reading r{};
  const mutable_record to(r);
  CHECK(to.set(index("time"), "2026-01-31T08:00:00.000000001Z"));
  CHECK(to.set(index("length"), "-1.5"));
  CHECK(to.set(index("name"), "a \"b\""));
  CHECK(to.set(index("value"), "0.1"));
  CHECK(to.set(index("small"), "0.1"));
  CHECK(to.set(index("height"), "-32768"));
  CHECK(to.set(index("large"), "18446744073709551615"));
  CHECK(to.set(index("now"), "running"));
  CHECK(to.set(index("good"), "true"));
  CHECK(to.set(index("letter"), "x"));
  CHECK(to.set(index("axes"), "7", 2));
  CHECK(r.time.ns == 1'769'846'400'000'000'001);
  CHECK(r.length.ns == -1'500'000'000);
  CHECK(r.name.view() == "a \"b\"");
  CHECK(r.value == 0.1);
  CHECK(r.small == 0.1f);
  CHECK(r.height == -32768);
  CHECK(r.large == UINT64_MAX);
  CHECK(r.now == state::running);
  CHECK(r.good);
  CHECK(r.letter == 'x');
  CHECK(r.axes[0] == 0);
  CHECK(r.axes[2] == 7);
  CHECK(to.view().number(index("axes"), 2) == 7);
}

TEST_CASE("mutable_record: a shorter text leaves nothing of a longer one") {
  reading r{};
  const mutable_record to(r);
  CHECK(to.set(index("name"), "longest"));
  CHECK(to.set(index("name"), "s"));
  CHECK(r.name == text<8>("s"));
}

TEST_CASE("mutable_record: what is no value of a member is a sentence") {
  reading r{};
  CHECK(refused(r, "name", "too long", "is longer than the 7 bytes of the member"));
  CHECK(refused(r, "height", "32768", "is too large or too small for the member"));
  CHECK(refused(r, "height", "1.5", "is not a whole number"));
  CHECK(refused(r, "value", "one", "is not a number"));
  CHECK(refused(r, "time", "yesterday", "is not a time"));
  CHECK(refused(r, "now", "flying", "is not a value of the enumeration"));
  CHECK(refused(r, "good", "maybe", "is neither true nor false"));
}

TEST_CASE("mutable_record: bytes that are not aligned") {
  alignas(reading) std::byte bytes[sizeof(reading) + 1]{};
  const mutable_record to(describe<reading>(), bytes + 1);
  CHECK(to.set(index("value"), "2.5"));
  CHECK(to.view().number(index("value")) == 2.5);
}
