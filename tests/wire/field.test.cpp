// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/field.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace levada;

namespace {

struct table {
  std::vector<field> fields{{"time", 8, 1, 0, field_kind::timestamp},
                            {"state", 1, 1, 8, field_kind::enumeration},
                            {"axes", 4, 3, 12, field_kind::floating},
                            {"value", 8, 1, 24, field_kind::floating}};
  std::vector<enumerator> enumerators{{0, "idle", 1}, {1, "running", 1}};
  std::uint32_t size = 32, alignment = 8;

  [[nodiscard]] descriptor_view view() const { return {fields, enumerators, size, alignment}; }
};

std::string sentence(const result<>& r) { return r ? "" : std::string(r.error().sentence.view()); }
std::string refusal(const table& written, const table& read) {
  auto r = readable_by(written.view(), read.view());
  if (!r) CHECK(r.error().kind == failure::data);
  return sentence(r);
}
bool has(const std::string& s, std::string_view part) { return s.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an event is readable by its own descriptor") { CHECK(refusal({}, {}) == ""); }

TEST_CASE("a publisher may add members at the end, an old subscriber reads on") {
  table newer;
  newer.fields.push_back({"quality", 4, 1, 32, field_kind::floating});
  newer.size = 40;
  CHECK(refusal(newer, {}) == "");

  SUBCASE("but a new subscriber cannot read from an old publisher") {
    CHECK(
        has(refusal({}, newer), "member 5: the publisher writes none, the subscriber reads 'quality' as 4-byte floating at 32"));
  }
}

TEST_CASE("the first difference is named, with what stands on both sides") {
  table other;
  SUBCASE("kind and size") {
    other.fields[3] = {"value", 4, 1, 24, field_kind::floating};
    CHECK(refusal({}, other) ==
          "member 4: the publisher writes 'value' as 8-byte floating at 24, the subscriber reads 'value' as "
          "4-byte floating at 24; build both from one definition, or give the changed events a new topic");
  }
  SUBCASE("name") {
    other.fields[0].name = "instant";
    CHECK(has(refusal({}, other),
              "member 1: the publisher writes 'time' as 8-byte timestamp at 0, the subscriber reads 'instant'"));
  }
  SUBCASE("count") {
    other.fields[2].count = 2;
    CHECK(has(refusal({}, other), "'axes' as 3 of 4-byte floating at 12, the subscriber reads 'axes' as 2 of 4-byte"));
  }
  SUBCASE("offset") {
    other.fields[3].offset = 32;
    CHECK(has(refusal({}, other), "at 24, the subscriber reads 'value' as 8-byte floating at 32"));
  }
  SUBCASE("sign of an enumeration") {
    other.fields[1].has_sign = 1;
    CHECK(has(refusal({}, other), "one of them with a sign"));
  }
  SUBCASE("alignment") {
    other.alignment = 64, other.size = 64;
    CHECK(has(refusal({}, other), "writes events of 32 bytes aligned to 8, the subscriber reads 64 bytes aligned to 64"));
  }
}

TEST_CASE("enumerations may grow on either side; a name keeps its number and a number its name") {
  table other;
  SUBCASE("more values") {
    other.enumerators.push_back({2, "broken", 1});
    CHECK(refusal({}, other) == "");
    CHECK(refusal(other, {}) == "");
  }
  SUBCASE("a value renamed") {
    other.enumerators[1].name = "turning";
    CHECK(has(refusal({}, other), "member 2 'state': the publisher writes 'running' as 1, the subscriber reads 'turning' as 1"));
  }
  SUBCASE("a value renumbered") {
    other.enumerators[1].value = 2;
    CHECK(has(refusal({}, other), "the publisher writes 'running' as 1, the subscriber reads 'running' as 2"));
  }
}

TEST_CASE("a descriptor out of memory that nobody vouches for is checked") {
  table t;
  CHECK(sentence(check(t.view())) == "");
  SUBCASE("kind") { t.fields[1].kind = static_cast<field_kind>(9); }
  SUBCASE("size for its kind") { t.fields[3].size = 3; }
  SUBCASE("a text of no bytes") { t.fields[3] = {"t", 0, 1, 24, field_kind::text}; }
  SUBCASE("count of zero") { t.fields[2].count = 0; }
  SUBCASE("end of the event") { t.fields[3].offset = 25; }
  SUBCASE("sum that wraps 32 bits") { t.fields[3].offset = 0xFFFF'FFF8; }
  SUBCASE("product that wraps 32 bits") { t.fields[2].count = 0x4000'0001; }
  SUBCASE("both that would wrap 64 bits if they could") {
    t.fields[3] = {"t", 0xFFFF'FFFF, 0xFFFF'FFFF, 0xFFFF'FFFF, field_kind::text};
  }
  SUBCASE("name without an end") { std::memset(t.fields[0].name.bytes, 'a', sizeof t.fields[0].name.bytes); }
  SUBCASE("no name") { t.fields[0].name = ""; }
  SUBCASE("name that a terminal would obey") { t.fields[0].name = "\x1b[2J"; }
  SUBCASE("name with a quote") { t.fields[0].name = "a\"b"; }
  SUBCASE("enumerator of no field") { t.enumerators[0].field = 4; }
  SUBCASE("enumerator of a field of another kind") { t.enumerators[0].field = 3; }
  SUBCASE("enumerator without an end") { std::memset(t.enumerators[0].name.bytes, 'a', sizeof t.enumerators[0].name.bytes); }
  SUBCASE("alignment of zero") { t.alignment = 0; }
  SUBCASE("alignment that is no power of two") { t.alignment = 3, t.size = 33; }
  SUBCASE("size that is no multiple of the alignment") { t.size = 36; }
  SUBCASE("no size") { t.size = 0; }
  SUBCASE("too many fields") { t.fields.resize(most_fields + 1, t.fields[0]); }
  SUBCASE("too many enumerators") { t.enumerators.resize(most_enumerators + 1, t.enumerators[0]); }
  SUBCASE("sign that is neither yes nor no") { t.fields[1].has_sign = 2; }
  static const std::vector<field> whole = table().fields;
  bool touched = t.fields != whole || t.enumerators != table().enumerators || t.size != 32 || t.alignment != 8;
  if (touched) {
    auto r = check(t.view());
    REQUIRE(!r);
    CHECK(r.error().kind == failure::data);
    CHECK(sentence(r).starts_with("descriptor: "));
  }
}

TEST_CASE("random bytes never pass the check with a field outside the event") {
  std::mt19937 random(3);
  int passed = 0;
  for (int i = 0; i < 100'000; ++i) {
    table t;
    auto* bytes = reinterpret_cast<unsigned char*>(t.fields.data());
    for (int k = 0; k < 2; ++k) bytes[random() % (t.fields.size() * sizeof(field))] = static_cast<unsigned char>(random());
    if (!check(t.view())) continue;
    ++passed;
    for (auto& f : t.fields) REQUIRE(std::uint64_t{f.offset} + std::uint64_t{f.size} * f.count <= t.size);
  }
  CHECK(passed > 0);
}
