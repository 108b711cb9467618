// SPDX-License-Identifier: BSL-1.0
// expect: key_by: a key must be .* an integer, an enum or a text<N>
#include <levada/core/text.hpp>
#include <levada/flow/flow.hpp>
#include <levada/op/key_by.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  std::string_view view;
  lv::text<16> name;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::key_by(&reading::view)  // here
#else
                       | lv::key_by(&reading::name)
#endif
                       | lv::to([](const reading&) {}));
  (void)flow.open();
}
