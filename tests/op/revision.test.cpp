// SPDX-License-Identifier: BSL-1.0
#include <levada/op/revision.hpp>

#include <doctest/doctest.h>

namespace lv = levada;

TEST_CASE("a revision says what it takes the place of, so that a sum over windows stays right") {
  long total = 0;
  const auto add = [&](const lv::revision<long>& r) { total += r.now - (r.is_first() ? 0 : r.before); };
  add({.now = 5, .before = 99, .number = 0, .early = true});
  add({.now = 8, .before = 5, .number = 1});
  CHECK(total == 8);
}

TEST_CASE("early says nothing unless it is told when") {
  CHECK(lv::early{}.every == lv::duration{});
  CHECK(lv::early{}.events == 0);
}
