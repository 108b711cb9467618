// SPDX-License-Identifier: BSL-1.0
// expect: random_cut_forest: samples of 2 to 16384 points
#include <levada/model/random_cut_forest.hpp>

namespace lv = levada;

void build() {
#ifdef LEVADA_WRONG
  [[maybe_unused]] const lv::random_cut_forest<2, 1, 1> one{};  // here
#else
  [[maybe_unused]] const lv::random_cut_forest<2, 1, 8> one{};
#endif
}
