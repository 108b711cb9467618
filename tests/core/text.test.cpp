// SPDX-License-Identifier: BSL-1.0
#include <levada/core/text.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

using namespace levada;

TEST_CASE("what fits is kept, with zeros behind it") {
  text<8> t("abc");
  CHECK(t.view() == "abc");
  CHECK(std::string(t.c_str()) == "abc");
  for (std::size_t i = 3; i < 8; ++i) CHECK(t.bytes[i] == '\0');
  CHECK(text<8>("1234567").view() == "1234567");
  CHECK(text<8>("").empty());
  CHECK(text<8>().empty());
  static_assert(sizeof(text<24>) == 24 && std::is_trivially_copyable_v<text<24>>);
}

TEST_CASE("what does not fit is cut at the last whole code point") {
  CHECK(text<4>("abcdef").view() == "abc");
  CHECK(text<4>("ab\u00e9").view() == "ab");  // é has two bytes: the first alone would be no text
  CHECK(text<5>("ab\u00e9").view() == "ab\u00e9");
  CHECK(text<4>("\u6c34\u6c34").view() == "\u6c34");  // 水 has three
  CHECK(text<4>("\U0001f704").view() == "");          // four bytes and the terminator do not fit
  CHECK(text<2>("\u6c34").view() == "");
}

TEST_CASE("appending cuts by the same rule, and never leaves a part of a code point") {
  text<8> t("abcdef");
  t += "\u6c34";
  CHECK(t.view() == "abcdef");
  t += "\u00e9";
  CHECK(t.view() == "abcdef");
  t += "gh";
  CHECK(t.view() == "abcdefg");
  t += "i";
  CHECK(t.view() == "abcdefg");

  text<8> whole("abcd");
  whole += "\u6c34";
  CHECK(whole.view() == "abcd\u6c34");
}

TEST_CASE("text that was cut is always whole UTF-8") {
  std::mt19937 random(1);
  const char* const letters[] = {"a", "\u00e9", "\u6c34", "\U0001f704"};
  for (int round = 0; round < 20'000; ++round) {
    std::string s;
    for (std::size_t n = random() % 12; n > 0; --n) s += letters[random() % 4];
    auto starts_whole = [&s](const text<16>& t) {
      std::size_t end = t.view().size();
      return s.starts_with(t.view()) && (end == s.size() || (s[end] & 0xC0) != 0x80);
    };
    REQUIRE(starts_whole(text<16>(s)));
    std::size_t cut = random() % (std::min<std::size_t>(s.size(), 15) + 1);
    while (cut > 0 && cut < s.size() && (s[cut] & 0xC0) == 0x80) --cut;
    text<16> t(std::string_view(s).substr(0, cut));
    t += std::string_view(s).substr(cut);
    REQUIRE(starts_whole(t));
  }
}

TEST_CASE("zeros: a text ends at the first one") {
  text<8> t(std::string_view("ab\0cd", 5));
  CHECK(t.view() == "ab");
}

TEST_CASE("texts that read the same are equal, whatever they were made of") {
  text<8> a(std::string_view("ab\0cd", 5)), b("ab");
  CHECK(a == b);
  CHECK((a <=> b) == 0);
}

TEST_CASE("texts are ordered like strings") {
  std::set<std::string> strings{"", "a", "ab", "b", "\u00e9", "A"};
  std::set<text<16>> texts;
  for (auto& s : strings) texts.insert(std::string_view(s));
  auto s = strings.begin();
  for (auto& t : texts) CHECK(t.view() == *s++);
}

TEST_CASE("a full array without a terminator is read up to its end") {
  text<4> t;
  for (char& c : t.bytes) c = 'x';
  CHECK(t.view() == "xxxx");
  t += "y";
  CHECK(t.view() == "xxxx");
}

TEST_CASE("digits of whole numbers of every size") {
  CHECK(digits(0).view() == "0");
  CHECK(digits(-1).view() == "-1");
  CHECK(digits(INT64_MIN).view() == "-9223372036854775808");
  CHECK(digits(UINT64_MAX).view() == "18446744073709551615");
  CHECK(digits(static_cast<std::int8_t>(-128)).view() == "-128");
  CHECK(digits(static_cast<unsigned char>(200)).view() == "200");
  CHECK(digits(true).view() == "1");
}

TEST_CASE("compose puts strings, texts, characters and numbers together") {
  CHECK(compose<64>("line ", 12, ": ", text<8>("abc"), ' ', -3, ' ', std::string_view("xyz")).view() == "line 12: abc -3 xyz");
  CHECK(compose<8>("12345", 67890).view() == "1234567");
  CHECK(compose<8>().empty());
  static_assert(compose<16>("a", 1).view() == "a1");
}
