// SPDX-License-Identifier: BSL-1.0
// expect: lookup: the last function must be callable as Result
#include <levada/flow/flow.hpp>
#include <levada/op/lookup.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct visit {
  std::uint32_t page;
  double seconds;
};
struct page {
  int owner;
};
lv::result<page> fetch(std::uint32_t n) { return page{static_cast<int>(n)}; }
int owner(const visit&, const page& p) { return p.owner; }

void build() {
  auto flow = lv::flow(lv::from(lv::input<visit>())
#ifdef LEVADA_WRONG
                       | lv::lookup(&visit::page, fetch, [](const visit&, int owner) { return owner; })  // here
#else
                       | lv::lookup(&visit::page, fetch, owner)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
