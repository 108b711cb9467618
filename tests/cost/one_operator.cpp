// SPDX-License-Identifier: BSL-1.0
// The smallest useful program: its preprocessed lines are what a user pays before the first line of his own.
#include <levada/flow/flow.hpp>
#include <levada/op/filter.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/values.hpp>
#if __has_include(<levada/source/topic.hpp>)
#include <levada/source/topic.hpp>
#endif

namespace lv = levada;

int main() {
  const int readings[] = {1, 2, 3};
  int sum = 0;
  auto flow = lv::flow(lv::from(lv::values(std::span<const int>(readings))) | lv::filter([](int v) { return v > 1; }) |
                       lv::to([&](int v) { sum += v; }));
  if (!flow.open()) return 1;
  while (flow.poll() != lv::polled::end) {
  }
  return sum == 5 ? 0 : 1;
}
