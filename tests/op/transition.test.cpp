// SPDX-License-Identifier: BSL-1.0
#include <levada/op/transition.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>

namespace lv = levada;

TEST_CASE("a transition can be copied byte by byte, and has a key below key_by only") {
  using keyed = lv::transition<std::uint32_t, bool, int>;
  CHECK(std::is_trivially_copyable_v<keyed>);
  CHECK(keyed{{7}, false, true, {5}, false, 3}.key == 7);
  const lv::transition<void, bool, int> plain{{}, false, true, {5}, false, 3};
  CHECK(plain.to);
  CHECK(plain.event == 3);
}
