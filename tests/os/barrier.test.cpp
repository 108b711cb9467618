// SPDX-License-Identifier: BSL-1.0
#include <levada/os/barrier.hpp>

#include <doctest/doctest.h>

TEST_CASE("barrier: registering twice says the same, and whoever may register may call") {
  bool first = levada::register_barrier();
  CHECK(levada::register_barrier() == first);
  if (first) CHECK(levada::barrier_everywhere());
}
