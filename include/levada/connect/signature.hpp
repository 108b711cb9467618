// SPDX-License-Identifier: BSL-1.0
// signature: who made a file. Its maker signs with a secret key that stays with him, a box verifies with the public one (Ed25519,
// RFC 8032). This header needs libsodium (CMake: levada::sodium), and is empty where that is not installed.
#pragma once

#if __has_include(<sodium.h>)

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>

#include <sodium.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace levada::inline v0 {

namespace detail {
inline const unsigned char* as_characters(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
}  // namespace detail

/// A key of N bytes, as text in hexadecimal digits.
template <std::size_t N>
struct signing_key {
  std::array<unsigned char, N> bytes{};

  static result<signing_key> from_text(std::string_view digits) {
    signing_key key;
    std::size_t length = 0;
    const char* end = nullptr;
    if (digits.size() != 2 * N ||
        ::sodium_hex2bin(key.bytes.data(), N, digits.data(), digits.size(), nullptr, &length, &end) != 0 || length != N)
      return fault::of(failure::data, "key: it has ", 2 * N, " hexadecimal digits; this one does not");
    return key;
  }
  [[nodiscard]] std::string to_text() const {
    std::string digits(2 * N + 1, '\0');
    ::sodium_bin2hex(digits.data(), digits.size(), bytes.data(), N);
    digits.resize(2 * N);
    return digits;
  }
  bool operator==(const signing_key&) const = default;
};
using secret_key = signing_key<crypto_sign_SECRETKEYBYTES>;
using public_key = signing_key<crypto_sign_PUBLICKEYBYTES>;

struct key_pair {
  secret_key secret;
  public_key open;
};
/// Fails  where the system has no good random numbers.
inline result<key_pair> make_keys() {
  if (::sodium_init() < 0) return fault::of(failure::unavailable, "keys: libsodium finds no random numbers here");
  key_pair keys;
  ::crypto_sign_keypair(keys.open.bytes.data(), keys.secret.bytes.data());
  return keys;
}

/// signed_by{secret}(bytes): a signature, as write_artifact wants it.
struct signed_by {
  secret_key key;

  [[nodiscard]] std::vector<std::byte> operator()(std::span<const std::byte> bytes) const {
    std::vector<std::byte> signature(crypto_sign_BYTES);
    ::crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, detail::as_characters(bytes),
                           bytes.size(), key.bytes.data());
    return signature;
  }
};

/// verified_by{key}(bytes, signature): whether the owner of the key has signed exactly these bytes. What an admission asks.
struct verified_by {
  public_key key;

  [[nodiscard]] result<> operator()(std::span<const std::byte> bytes, std::span<const std::byte> signature) const {
    if (signature.empty()) return fault::of(failure::data, "nobody has signed it");
    if (signature.size() != crypto_sign_BYTES ||
        ::crypto_sign_verify_detached(detail::as_characters(signature), detail::as_characters(bytes), bytes.size(),
                                      key.bytes.data()) != 0)
      return fault::of(failure::data, "the signature is not that of the key that is trusted here, or the file was changed");
    return {};
  }
};

}  // namespace levada::inline v0

#endif
