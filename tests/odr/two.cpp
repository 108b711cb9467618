// SPDX-License-Identifier: BSL-1.0
#include <levada/levada.hpp>

int sum_in_two(std::span<const int> values) {
  int sum = 0;
  auto flow = levada::flow(levada::from(levada::values(values)) | levada::map([](int v) { return 2 * v; }) |
                           levada::to([&](int v) { sum += v; }));
  if (!flow.open()) return -1;
  while (flow.poll() != levada::polled::end) {
  }
  return sum;
}
