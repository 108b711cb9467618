// SPDX-License-Identifier: BSL-1.0
#include <levada/feature/vibration.hpp>

#include "../support/naive_vibration.hpp"

#include <levada/feature/features.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace lv = levada;
namespace naive = support::naive;

namespace {
constexpr lv::bearing_geometry bearing{9, 7.94, 39.04, 15};
constexpr naive::machine machine{12'000, 1'797, 9, 7.94, 39.04, 15};
constexpr lv::feature_extractor<1024, lv::sample_rate<12'000>, lv::vibration<bearing>> extract{};

void agrees(const std::vector<float>& x) {
  const auto own = extract(x, static_cast<float>(machine.rpm));
  auto twin = naive::vibration(x, machine);
  REQUIRE(own.size == twin.size());
  const double rms = twin["rms"];
  for (std::size_t i = 0; i < own.size; ++i) {
    const std::string name(own.names[i]);
    INFO(name);
    REQUIRE(twin.contains(name));
    // Beside its own size a value may be off by what single precision leaves of the strength of the signal.
    CHECK(std::fabs(static_cast<double>(own.values[i]) - twin[name]) <= 2e-5 * std::fabs(twin[name]) + 2e-6 * rms);
  }
}
}  // namespace

TEST_CASE("every number of the set is what its definition says, in double") {
  agrees(naive::bearing(1024, machine, 1));
  std::mt19937 random(2);
  std::normal_distribution<float> normal(0.5f, 3.0f);
  std::vector<float> noise(1024);
  for (float& v : noise) v = normal(random);
  agrees(noise);
}

TEST_CASE("a window that is not full is padded, and means the same") {
  agrees(naive::bearing(1000, machine, 3));
  agrees(naive::bearing(600, machine, 4));
}

TEST_CASE("a damaged race stands out at its order and at no other") {
  const auto v = extract(naive::bearing(1024, machine, 5), static_cast<float>(machine.rpm));
  const auto lines = v.get<lv::bearing_lines<bearing>>();
  CHECK(lines[0] > 5 * lines[1]);
  CHECK(v.get<lv::kurtosis>() > 5);
}
