// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/kernels.hpp>

#include "energy.hpp"

#include <doctest/doctest.h>

#include <array>

namespace lv = levada;

namespace {
std::array<float, 37> some_values() {
  std::array<float, 37> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 7919 % 37);
  return values;
}

}  // namespace

namespace plant {
/// A set that no unit defines.
struct lonely_kernels {
  int number;
  static const lonely_kernels baseline;
};
LEVADA_KERNEL_SET(lonely_kernels);
inline constexpr lonely_kernels lonely_kernels::baseline{42};
}  // namespace plant

TEST_CASE("every instruction set of this processor has its own kernels, which agree with the twins") {
  for (const lv::isa i : lv::isas) {
    const auto* set = lv::kernels_for<plant::energy_kernels>(i);
    if (set == nullptr) continue;
    INFO(lv::name_of(i));
    CHECK(set->compiled_for == i);
    auto values = some_values();
    CHECK(set->energy(values.data(), values.size()) == 16206.0f);
    CHECK(set->median(values.data(), values.size()) == 18.0f);
  }
}

TEST_CASE("where no unit was linked, the twins run") {
  CHECK(lv::kernels<plant::lonely_kernels>().number == 42);
  CHECK(lv::kernels_for<plant::lonely_kernels>(lv::isa::avx2) == nullptr);
}

#if defined(LEVADA_TESTS_UNITS)
TEST_CASE("the best that runs here and was not ruled out is taken") {
  lv::isa best = lv::isa::baseline;
  for (const lv::isa i : lv::isas)
    if (i <= lv::greatest_isa() && lv::kernels_for<plant::energy_kernels>(i) != nullptr) best = i;
  CHECK(lv::kernels<plant::energy_kernels>().compiled_for == best);
#if defined(__x86_64__)
  CHECK(lv::kernels_for<plant::energy_kernels>(lv::isa::neon64) == nullptr);
#endif
}
#endif
