// SPDX-License-Identifier: BSL-1.0
#include <levada/state/image.hpp>

#include <levada/state/slots.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace lv = levada;

namespace {
struct cell {
  std::uint64_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};
}  // namespace

TEST_CASE("an image is what the array was at the moment of begin, whatever is written meanwhile") {
  std::mt19937 random(7);
  for (const std::size_t count : {1u, 7u, 8u, 1000u}) {
    lv::slots<cell> live;
    live.resize(count);
    lv::image image;
    for (std::uint32_t round = 1; round < 5; ++round) {
      std::vector<cell> then(count);
      for (std::size_t i = 0; i < count; ++i) live[i] = then[i] = {random(), round, static_cast<std::uint32_t>(i)};
      image.begin(live.begin(), sizeof(cell), count);
      live.keep_in(&image);
      bool whole = false;
      while (!whole) {
        for (int k = 0; k < 3; ++k) {
          auto during = live.enter();
          during[random() % count].a = random();
          live.reset(random() % count);
        }
        std::size_t budget = 5 * sizeof(cell);
        whole = image.step(budget);
      }
      live.keep_in(nullptr);
      live[0].a = 1;  // nobody looks any more
      REQUIRE(image.order().size() == count);
      std::vector<cell> kept(count);
      for (std::size_t k = 0; k < count; ++k)
        std::memcpy(&kept.at(image.order()[k]), image.bytes() + k * sizeof(cell), sizeof(cell));
      CHECK(std::memcmp(kept.data(), then.data(), count * sizeof(cell)) == 0);
    }
  }
}

TEST_CASE("a step does about as much as it was given") {
  lv::slots<cell> live;
  live.resize(1000);
  lv::image image;
  image.begin(live.begin(), sizeof(cell), 1000);
  std::size_t budget = 100 * sizeof(cell);
  CHECK_FALSE(image.step(budget));
  CHECK(budget == 0);
  CHECK(image.order().size() >= 64);
  CHECK(image.order().size() <= 128);
  budget = 1'000'000;
  CHECK(image.step(budget));
  CHECK(budget > 0);
}
