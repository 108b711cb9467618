// SPDX-License-Identifier: BSL-1.0
// expect: matrix_profile: a length of 4 or more
#include <levada/model/matrix_profile.hpp>

namespace lv = levada;

void build() {
#ifdef LEVADA_WRONG
  [[maybe_unused]] const lv::matrix_profile<32, 64> one{};  // here
#else
  [[maybe_unused]] const lv::matrix_profile<32, 128> one{};
#endif
}
