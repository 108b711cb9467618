// SPDX-License-Identifier: BSL-1.0
// expect: counts: this flow has no operator of that name
#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};
struct code_only {
  int code;
};

void build() {
  auto flow = lv::flow(lv::from<"readings">(lv::input<reading>()) | lv::to<"printer">([](const reading&) {}));
#ifdef LEVADA_WRONG
  (void)flow.counts<"print">();  // here
#else
  (void)flow.counts<"printer">();
#endif
}
