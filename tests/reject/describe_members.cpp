// SPDX-License-Identifier: BSL-1.0
// expect: describe: the type has more than 40 members
#include <levada/wire/descriptor.hpp>

struct reading {
  float m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22, m23, m24, m25, m26,
      m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40;
#ifdef LEVADA_WRONG
  float m41;
#endif
};

levada::descriptor_view table() {
  return levada::describe<reading>();  // here
}
