// SPDX-License-Identifier: BSL-1.0
#include <levada/levada.hpp>

int sum_in_two(std::span<const int> values);

int main() {
  const int values[] = {1, 2, 3};
  return sum_in_two(values) == 12 ? 0 : 1;
}
