// SPDX-License-Identifier: BSL-1.0
// expect: with_broadcast: the second function must be callable as Result
#include <levada/flow/flow.hpp>
#include <levada/flow/stream.hpp>
#include <levada/op/with_broadcast.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;
using namespace lv::literals;

struct reading {
  lv::timestamp time;
  int sensor;
  double value;
};
struct limit {
  int sensor;
  double value;
};

void build() {
  auto learn = [](double& all, const limit& one) { all = one.value; };
  auto judge = [](const double& all, const reading& r) { return r.value > all; };
  auto events = lv::from(lv::input<reading>());
  auto rules = lv::from(lv::input<limit>());
#ifdef LEVADA_WRONG
  auto wrong = [](double&, const limit&) { return true; };
  auto flow = lv::flow(lv::connect(std::move(events), std::move(rules)) | lv::with_broadcast(0.0, learn, wrong) |  // here
                       lv::to([](bool) {}));
#else
  auto flow =
      lv::flow(lv::connect(std::move(events), std::move(rules)) | lv::with_broadcast(0.0, learn, judge) | lv::to([](bool) {}));
#endif
  (void)flow.open();
}
