// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/model_document.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace lv = levada;

namespace {
lv::model_document document_of(std::vector<float> weights) {
  lv::model_document to;
  lv::model_part step{.kind = lv::model_part::kind_t::linear};
  step.linear = {.features = static_cast<std::uint32_t>(weights.size()), .weights = to.keep(weights)};
  to.parts.steps = to.keep(std::vector{step});
  to.parts.feature_names = to.keep(std::vector{to.keep(std::string_view(std::string(40, 'x')))});
  return to;
}
}  // namespace

TEST_CASE("what is kept outlives what it was copied from, and moves with the document") {
  auto first = document_of({1, 2, 3});
  const auto* weights = first.parts.steps[0].linear.weights.data();
  auto second = std::move(first);
  CHECK(second.parts.steps[0].linear.weights.data() == weights);
  CHECK(second.parts.steps[0].linear.weights[2] == 3);
  CHECK(second.parts.feature_names[0] == std::string(40, 'x'));

  second = document_of({4, 5});
  CHECK(second.parts.steps[0].linear.weights.size() == 2);
  CHECK(second.parts.steps[0].linear.weights[1] == 5);
}

TEST_CASE("a document that was moved from has nothing") {
  auto first = document_of({1});
  const auto second = std::move(first);
  CHECK(second.parts.steps.size() == 1);
  CHECK(first.parts.steps.empty());  // NOLINT: that is the question
}

TEST_CASE("nothing is kept of nothing") {
  lv::model_document to;
  CHECK(to.keep(std::vector<float>()).empty());
  CHECK(to.keep(std::string_view()).empty());
}
