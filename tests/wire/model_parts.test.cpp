// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/model_parts.hpp>

#include <doctest/doctest.h>

namespace lv = levada;

TEST_CASE("what is not said is nothing, or changes nothing") {
  const lv::model_part part{};
  CHECK(lv::name_of(part.kind) == "nothing");
  CHECK(lv::name_of(lv::model_part::kind_t::mixture) == "mixture");
  CHECK(part.trees.scale == 1.0f);
  CHECK(part.trees.link == lv::link_function::identity);
  CHECK(lv::tree_node{}.left == 0);
}
