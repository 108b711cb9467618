// SPDX-License-Identifier: BSL-1.0
// expect: parse: the text must be a member of the event type that arrives here
#include <levada/flow/flow.hpp>
#include <levada/op/parse.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct message {
  int number;
  lv::text<128> content;
};
struct sample {
  lv::text<16> sensor;
  double value;
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<message>())
#ifdef LEVADA_WRONG
                       | lv::parse<sample>(lv::delimited{';'}, &sample::sensor)  // here
#else
                       | lv::parse<sample>(lv::delimited{';'}, &message::content)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
