// SPDX-License-Identifier: BSL-1.0
// expect: mask: hashed takes a text<17> or longer
#include <levada/flow/flow.hpp>
#include <levada/op/mask.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct visit {
  lv::text<16> address;
  lv::text<24> user;
};
struct other {
  lv::text<24> user;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<visit>())
#ifdef LEVADA_WRONG
                       | lv::mask(&visit::address, lv::hashed{1, 2})  // here
#else
                       | lv::mask(&visit::user, lv::hashed{1, 2})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
