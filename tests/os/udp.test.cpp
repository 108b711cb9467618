// SPDX-License-Identifier: BSL-1.0
#include <levada/os/udp.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace lv = levada;

namespace {
struct sample {
  std::uint64_t value;
};
}  // namespace

TEST_CASE("a description says the event, the address and how; nothing happens yet") {
  const auto plain = lv::udp<sample>("nowhere", {.receive_buffer = 4096});
  static_assert(std::is_same_v<decltype(plain), const lv::udp_description<sample>>);
  CHECK(plain.address.view() == "nowhere");
  CHECK(plain.options.receive_buffer == 4096);
}

TEST_CASE("with a decoder, the bytes may be anything") {
  auto decoded =
      lv::udp<sample>("127.0.0.1:9000", [](std::span<const std::byte> bytes, auto emit) { emit(sample{bytes.size()}); });
  std::uint64_t seen = 0;
  const std::byte three[3]{};
  decoded.decoder(std::span<const std::byte>(three), [&](const sample& s) { seen = s.value; });
  CHECK(seen == 3);
}
