// SPDX-License-Identifier: BSL-1.0
// expect: relative_entropy: a window of 8 values or more
#include <levada/model/relative_entropy.hpp>

namespace lv = levada;

void build() {
#ifdef LEVADA_WRONG
  [[maybe_unused]] const lv::relative_entropy<4> one{};  // here
#else
  [[maybe_unused]] const lv::relative_entropy<52> one{};
#endif
}
