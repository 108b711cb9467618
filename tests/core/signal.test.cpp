// SPDX-License-Identifier: BSL-1.0
#include <levada/core/signal.hpp>

#include <doctest/doctest.h>

#include <type_traits>

using namespace levada;

namespace {
struct reload {
  using is_signal = void;
};
struct reading {
  double value;
};
}  // namespace

TEST_CASE("the signals of the house, and those that say they are one") {
  static_assert(signal<start> && signal<tick> && signal<watermark> && signal<flush> && signal<barrier> && signal<retire> &&
                signal<end_of_stream>);
  static_assert(signal<reload>);
  static_assert(!signal<reading> && !signal<int> && !signal<timestamp>);
}

TEST_CASE("they are values") {
  static_assert(std::is_trivially_copyable_v<watermark> && std::is_trivially_copyable_v<barrier>);
  CHECK(start{}.slots == 1);
  CHECK(watermark{timestamp{5}}.time.ns == 5);
}
