// SPDX-License-Identifier: BSL-1.0
#include <levada/source/from.hpp>

#include <levada/flow/flow.hpp>
#include <levada/sink/to.hpp>

#include <doctest/doctest.h>

#include <span>
#include <string_view>
#include <vector>

namespace lv = levada;

namespace shop {
/// A source of somebody else: counts down, says the time, drops one.
struct countdown {
  using event_type = int;
  int left;
  std::uint64_t made = 0;

  [[nodiscard]] lv::polled poll(auto out, std::size_t) {
    if (left == 0) return lv::polled::end;
    out.advance({100 - left});
    out.drop();
    out(std::span<const int>(&left, 1));
    ++made;
    return --left == 0 ? lv::polled::end : lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return made; }
};
/// A description that knows how to become one.
struct from_number {
  int n;
};
countdown as_source(from_number d) { return {d.n}; }
}  // namespace shop

TEST_CASE("from takes a source, or a description of one, and gives it a name") {
  std::vector<int> output;
  auto flow = lv::flow(lv::from<"a">(shop::countdown{3}) | lv::to([&](int v) { output.push_back(v); }),
                       lv::from<"b">(shop::from_number{2}) | lv::to([&](int v) { output.push_back(-v); }));
  REQUIRE(flow.open());
  while (flow.poll() != lv::polled::end) {
  }
  CHECK(output == std::vector{3, -2, 2, -1, 1});
  CHECK(flow.at<"a">().position() == 3);
  CHECK(flow.at<"a">().name == "a");
  CHECK(flow.counts<"a">().out == 3);
  CHECK(flow.counts<"a">().dropped == 3);
  CHECK(flow.counts<"b">().dropped == 2);
  CHECK(flow.clock().now == lv::timestamp{99});
}
