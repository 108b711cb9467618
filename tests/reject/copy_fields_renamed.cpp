// SPDX-License-Identifier: BSL-1.0
// expect: copy_fields: a member of the new type has no namesake
#include <levada/flow/flow.hpp>
#include <levada/op/copy_fields.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstdint>

namespace lv = levada;

struct reading {
  lv::text<16> sensor;
  std::int64_t level;
};
struct renamed {
  std::int64_t height;
};
struct good {
  std::int64_t level;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::copy_fields<renamed>()  // here
#else
                       | lv::copy_fields<good>()
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
