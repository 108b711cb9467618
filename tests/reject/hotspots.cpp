// SPDX-License-Identifier: BSL-1.0
// expect: hotspots: a window of 2 to 65535 points
#include <levada/model/hotspots.hpp>

namespace lv = levada;

void build() {
#ifdef LEVADA_WRONG
  [[maybe_unused]] const lv::hotspots<2, 1> one{};  // here
#else
  [[maybe_unused]] const lv::hotspots<2, 2> one{};
#endif
}
