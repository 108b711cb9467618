// SPDX-License-Identifier: BSL-1.0
// expect: infer: the event type that arrives here must have features()
#include <levada/flow/flow.hpp>
#include <levada/model/infer.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstddef>
#include <span>

namespace lv = levada;

struct reading {
  float celsius;
};
struct forest {
  [[nodiscard]] std::size_t features() const { return 1; }
  [[nodiscard]] std::size_t outputs() const { return 1; }
  void score(std::span<const float> row, std::span<float> out) const { out[0] = row[0]; }
};

void build() {
  auto flow = lv::flow(lv::from(lv::input<reading>())
#ifdef LEVADA_WRONG
                       | lv::infer(forest{})  // here
#else
                       | lv::infer(forest{}, &reading::celsius)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
