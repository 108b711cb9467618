// SPDX-License-Identifier: BSL-1.0
// expect: spectral_residual: a window of 32, 64, 128
#include <levada/model/spectral_residual.hpp>

namespace lv = levada;

void build() {
#ifdef LEVADA_WRONG
  [[maybe_unused]] const lv::spectral_residual<48> one{};  // here
#else
  [[maybe_unused]] const lv::spectral_residual<64> one{};
#endif
}
