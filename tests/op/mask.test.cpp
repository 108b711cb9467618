// SPDX-License-Identifier: BSL-1.0
#include <levada/op/mask.hpp>

#include <levada/flow/flow.hpp>
#include <levada/flow/trial.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lv = levada;

namespace {

struct payment {
  lv::text<20> card;
  lv::text<32> holder;
  std::int32_t shop = 0;
  std::uint64_t account = 0;
};
template <std::size_t N>
std::string_view starred(lv::text<N>&& value, std::size_t keep_last) {
  lv::stars{keep_last}(value);
  static lv::text<N> kept;
  kept = value;
  return kept.view();
}

}  // namespace

TEST_CASE("keyed_hash is SipHash-2-4: the vectors of its authors, with the key 00 01 ... 0f and the bytes 00 01 ...") {
  constexpr std::uint64_t key0 = 0x0706050403020100u, key1 = 0x0f0e0d0c0b0a0908u;
  char bytes[64];
  for (std::size_t i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<char>(i);
  CHECK(lv::keyed_hash(key0, key1, {bytes, 0}) == 0x726fdb47dd0e0e31u);
  CHECK(lv::keyed_hash(key0, key1, {bytes, 1}) == 0x74f839c593dc67fdu);
  CHECK(lv::keyed_hash(key0, key1, {bytes, 8}) == 0x93f5f5799a932462u);
  CHECK(lv::keyed_hash(key0, key1, {bytes, 15}) == 0xa129ca6149be45e5u);
}

TEST_CASE("what is masked is, and nothing else; equal values stay equal, and another key gives others") {
  std::vector<payment> output;
  constexpr lv::hashed key{1, 2};
  lv::trial t(lv::flow(lv::from(lv::input<payment>()) | lv::mask(&payment::card, lv::stars{.keep_last = 4}) |
                       lv::mask(&payment::holder, key) | lv::mask(&payment::account, key) | lv::to(lv::collect(output))));
  t.push(std::vector<payment>{{"4929123456781234", "Ada", 7, 42}, {"4929123456785678", "Bob", 8, 43}, {"1", "Ada", 9, 42}});
  REQUIRE(output.size() == 3);
  CHECK(output[0].card == "************1234");
  CHECK(output[2].card == "*");
  CHECK(output[0].shop == 7);
  CHECK(output[0].holder.view().size() == 16);
  CHECK(output[0].holder.view().find_first_not_of("0123456789abcdef") == std::string_view::npos);
  CHECK(output[0].holder == output[2].holder);
  CHECK(output[0].holder != output[1].holder);
  CHECK(output[0].account == output[2].account);
  CHECK(output[0].account != output[1].account);
  lv::text<32> other = "Ada";
  lv::hashed{1, 3}(other);
  CHECK(other != output[0].holder);
}

TEST_CASE("stars count characters and not bytes, and a text that is not longer than what is kept is all stars") {
  CHECK(starred(lv::text<16>("abcdef"), 2) == "****ef");
  CHECK(starred(lv::text<16>("abcdef"), 0) == "******");
  CHECK(starred(lv::text<16>("abcdef"), 6) == "******");
  CHECK(starred(lv::text<16>("ab"), 4) == "**");
  CHECK(starred(lv::text<16>(""), 4).empty());
  CHECK(starred(lv::text<16>("äöüß€"), 2) == "***ß€");
  CHECK(starred(lv::text<16>("日本語"), 1) == "**語");
}

TEST_CASE("a number has the same hash in any width that holds it, cut to that width") {
  constexpr lv::hashed key{5, 6};
  std::uint64_t wide = 1234;
  std::int32_t narrow = 1234;
  std::uint16_t small = 1234;
  key(wide), key(narrow), key(small);
  CHECK(static_cast<std::uint32_t>(narrow) == static_cast<std::uint32_t>(wide));
  CHECK(small == static_cast<std::uint16_t>(wide));
}

TEST_CASE("below key_by events keep the key that they came by") {
  std::vector<payment> output;
  lv::trial t(lv::flow(lv::from(lv::input<payment>()) | lv::key_by(&payment::card) | lv::mask<"m">(&payment::card, lv::stars{}) |
                       lv::to(lv::collect(output))));
  t.push(payment{"12", "a", 1, 1});
  REQUIRE(output.size() == 1);
  CHECK(output[0].card == "**");
  CHECK(t.counts<"m">().out == 1);
}
