// SPDX-License-Identifier: BSL-1.0
// expect: parse: the row must be a type that describe\(\) can put into a table
#include <levada/flow/flow.hpp>
#include <levada/op/parse.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

using line = lv::text<128>;
struct sample {
#ifdef LEVADA_WRONG
  const char* sensor;
#else
  lv::text<16> sensor;
#endif
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<line>())
#ifdef LEVADA_WRONG
                       | lv::parse<sample>(lv::delimited{';'})  // here
#else
                       | lv::parse<sample>(lv::delimited{';'})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
