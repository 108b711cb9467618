// SPDX-License-Identifier: BSL-1.0
// expect: install: the loader must be callable
#include <levada/flow/flow.hpp>
#include <levada/model/install.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <cstddef>
#include <span>

namespace lv = levada;

struct forest {
  [[nodiscard]] std::size_t features() const { return 1; }
  [[nodiscard]] std::size_t outputs() const { return 1; }
  void score(std::span<const float> row, std::span<float> out) const { out[0] = row[0]; }
};
struct loaded {
  forest model;
  lv::candidate with;
};
struct update {
  int number;
};

void build(const lv::slot<forest>& place) {
  auto flow = lv::flow(lv::from(lv::input<update>())
#ifdef LEVADA_WRONG
                       | lv::install(place, lv::admission<>{}, [](const update&) { return forest{}; })  // here
#else
                       | lv::install(place, lv::admission<>{}, [](const update&) { return lv::result<loaded>(loaded{}); })
#endif
                       | lv::to([](const lv::acknowledgement&) {}));
  (void)flow.open();
}
