// SPDX-License-Identifier: BSL-1.0
// expect: parse: what is parsed must be a text<N> or a std::string_view
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
                       | lv::parse<sample>(lv::delimited{';'}, &message::number)  // here
#else
                       | lv::parse<sample>(lv::delimited{';'}, &message::content)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
