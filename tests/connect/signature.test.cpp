// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/signature.hpp>

#include <doctest/doctest.h>

#include <array>

namespace lv = levada;

namespace {
constexpr std::array<std::byte, 5> message{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5}};
}

TEST_CASE("the public key knows what the secret one has signed, and nothing else") {
  const auto ours = lv::make_keys(), theirs = lv::make_keys();
  REQUIRE(ours);
  REQUIRE(theirs);
  const auto signature = lv::signed_by{ours->secret}(message);
  CHECK(lv::verified_by{ours->open}(message, signature));
  CHECK_FALSE(lv::verified_by{theirs->open}(message, signature));
  auto changed = message;
  changed[4] = std::byte{6};
  CHECK_FALSE(lv::verified_by{ours->open}(changed, signature));
  CHECK_FALSE(lv::verified_by{ours->open}(std::span(message).first(4), signature));
  auto forged = signature;
  forged[0] ^= std::byte{1};
  CHECK_FALSE(lv::verified_by{ours->open}(message, forged));
  CHECK_FALSE(lv::verified_by{ours->open}(message, std::span(signature).first(63)));
  CHECK(lv::verified_by{ours->open}(message, {}).error().sentence.view() == "nobody has signed it");
}

TEST_CASE("the first vector of RFC 8032") {
  const auto secret = lv::secret_key::from_text(
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const auto open = lv::public_key::from_text("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  REQUIRE(secret);
  REQUIRE(open);
  const auto signature = lv::signed_by{*secret}({});
  CHECK(signature[0] == std::byte{0xe5});
  CHECK(signature[63] == std::byte{0x0b});
  CHECK(lv::verified_by{*open}({}, signature));
}

TEST_CASE("keys are text and back") {
  const auto keys = lv::make_keys();
  REQUIRE(keys);
  CHECK(*lv::public_key::from_text(keys->open.to_text()) == keys->open);
  CHECK_FALSE(lv::public_key::from_text("abc"));
  CHECK_FALSE(lv::public_key::from_text(std::string(64, 'x')));
}
