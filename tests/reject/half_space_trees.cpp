// SPDX-License-Identifier: BSL-1.0
// expect: half_space_trees: 1 to 255 dimensions, a depth of 1 to 15
#include <levada/model/half_space_trees.hpp>

namespace lv = levada;

void build() {
#ifdef LEVADA_WRONG
  [[maybe_unused]] const lv::half_space_trees<2, 1, 4, 5> one{};  // here
#else
  [[maybe_unused]] const lv::half_space_trees<2, 1, 4, 50> one{};
#endif
}
