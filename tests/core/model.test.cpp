// SPDX-License-Identifier: BSL-1.0
#include <levada/core/model.hpp>

#include <doctest/doctest.h>

namespace {
struct doubling {
  [[nodiscard]] std::size_t features() const { return 1; }
  [[nodiscard]] std::size_t outputs() const { return 1; }
  void score(std::span<const float> row, std::span<float> out) const { out[0] = 2 * row[0]; }
};
struct silent {
  [[nodiscard]] std::size_t features() const { return 1; }
};
}  // namespace

TEST_CASE("a model takes a row and fills a row") {
  static_assert(levada::model<doubling>);
  static_assert(!levada::batch_model<doubling>);
  static_assert(!levada::explains<doubling>);
  static_assert(!levada::model<silent>);
  const float row[] = {21};
  float out[1];
  doubling{}.score(row, out);
  CHECK(out[0] == 42.0f);
}
