// SPDX-License-Identifier: BSL-1.0
// expect: lookup: events wait and rows are kept, so both must be copyable and have a default
#include <levada/flow/flow.hpp>
#include <levada/op/lookup.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct row {
  explicit row(int number) : owner(number) {}
  int owner;
};
struct visit {
  std::uint32_t page;
  double seconds;
};
struct page {
  int owner;
};
lv::result<page> fetch(std::uint32_t n) { return page{static_cast<int>(n)}; }
int owner(const visit&, const page& p) { return p.owner; }
lv::result<row> fetch_row(std::uint32_t n) { return row(static_cast<int>(n)); }

void build() {
  auto flow = lv::flow(lv::from(lv::input<visit>())
#ifdef LEVADA_WRONG
                       | lv::lookup(&visit::page, fetch_row, [](const visit&, const row& r) { return r.owner; })  // here
#else
                       | lv::lookup(&visit::page, fetch, owner)
#endif
                       | lv::to([](const auto&) {}));
  (void)flow.open();
}
