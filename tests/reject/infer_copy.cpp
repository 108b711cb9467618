// SPDX-License-Identifier: BSL-1.0
// expect: infer: events are copied beside their score
#include <levada/flow/flow.hpp>
#include <levada/model/infer.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstddef>
#include <span>

namespace lv = levada;

template <bool Copies>
struct reading {
  float celsius = 0;
  reading() = default;
  reading(reading&&) = default;
  reading(const reading&)
    requires Copies
  = default;
};
struct forest {
  [[nodiscard]] std::size_t features() const { return 1; }
  [[nodiscard]] std::size_t outputs() const { return 1; }
  void score(std::span<const float> row, std::span<float> out) const { out[0] = row[0]; }
};
#ifdef LEVADA_WRONG
using event = reading<false>;
#else
using event = reading<true>;
#endif

void build() {
  auto flow = lv::flow(lv::from(lv::input<event>()) | lv::infer(forest{}, &event::celsius)  // here
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
