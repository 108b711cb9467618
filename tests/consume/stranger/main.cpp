// SPDX-License-Identifier: BSL-1.0
#include <levada/core/pack.hpp>

int main() {
  levada::pack<int, char> p{{0}, {'b'}};
  return levada::get<0>(p);
}
