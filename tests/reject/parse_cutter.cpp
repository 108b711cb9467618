// SPDX-License-Identifier: BSL-1.0
// expect: parse: the cutter must be delimited\{...\}, dissect<...>\{\}, or callable as bool\(std::string_view, auto take\)
#include <levada/flow/flow.hpp>
#include <levada/op/parse.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

using line = lv::text<128>;
struct sample {
  lv::text<16> sensor;
  double value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<line>())
#ifdef LEVADA_WRONG
                       | lv::parse<sample>(';')  // here
#else
                       | lv::parse<sample>(lv::delimited{';'})
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
