// SPDX-License-Identifier: BSL-1.0
// expect: change_point: runs of at least 16 values
#include <levada/model/change_point.hpp>

namespace lv = levada;

void build() {
#ifdef LEVADA_WRONG
  [[maybe_unused]] const lv::change_point<8> one{};  // here
#else
  [[maybe_unused]] const lv::change_point<16> one{};
#endif
}
