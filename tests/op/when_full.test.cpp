// SPDX-License-Identifier: BSL-1.0
#include <levada/op/when_full.hpp>

#include <levada/op/join.hpp>
#include <levada/op/match.hpp>

#include <doctest/doctest.h>

namespace lv = levada;

TEST_CASE("where nothing is said, what is there stays in a pattern, and what comes takes its place in a join") {
  CHECK(lv::matching{}.full == lv::when_full::drop_newest);
  CHECK(lv::buffers{}.full == lv::when_full::drop_oldest);
}
