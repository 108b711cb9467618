// SPDX-License-Identifier: BSL-1.0
#include <levada/model/fixed_model.hpp>

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace lv = levada;

namespace {
const std::vector<float> weights{1, 2, 3, -1, 0, 1}, bias{10, 20};
lv::model_part linear() {
  lv::model_part p{.kind = lv::model_part::kind_t::linear};
  p.linear = {3, 2, weights, bias};
  return p;
}
}  // namespace

TEST_CASE("a model of the shape that the program knows takes arrays") {
  const std::vector<lv::model_part> steps{linear()};
  auto m = lv::fixed_model<3, 2>::make({.steps = steps});
  REQUIRE(m);
  const std::array<float, 3> row{1, 1, 2};
  CHECK((*m)(row) == std::array<float, 2>{19, 21});
  std::array<float, 4> contributions{};
  REQUIRE(m->can_explain());
  m->explain(row, 1, contributions);
  CHECK(contributions == std::array<float, 4>{-1, 0, 2, 20});
}

TEST_CASE("another shape is refused in words") {
  const std::vector<lv::model_part> steps{linear()};
  auto features = lv::fixed_model<4, 2>::make({.steps = steps});
  REQUIRE_FALSE(features);
  CHECK(features.error().sentence.view() ==
        "model: it makes 2 outputs of 3 features, and this program wants 2 of 4: train it with the features of this version, or "
        "update the program");
  CHECK_FALSE(lv::fixed_model<3, 1>::make({.steps = steps}));
  CHECK_FALSE(lv::fixed_model<3, 2>::make(lv::model_parts{}));
}
