// SPDX-License-Identifier: BSL-1.0
// Ends with 0 if every unit computes the same, and an operator that throws is caught where there are exceptions.
#include "shared.hpp"

#include <cstdio>
#include <cstdlib>

#if LEVADA_EXCEPTIONS
#include <stdexcept>
#endif

// The program is linked without it where liburing is missing.
[[gnu::weak]] summing sum_with_uring;

int positive(int value) {
#if LEVADA_EXCEPTIONS
  if (value < 0) throw std::domain_error("a negative value");
#else
  if (value < 0) std::abort();
#endif
  return value;
}

int main() {
  const int values[] = {1, 2, 3};
  bool passed = true;
  auto expect = [&passed](const char* unit, int found, int expected) {
    if (found == expected) return;
    std::fprintf(stderr, "%s: %d instead of %d\n", unit, found, expected);
    passed = false;
  };
  expect("without exceptions", sum_without_exceptions(values), 6);
  expect("on this processor", sum_on_this_processor(values), 6);
  expect("here", run_here(values), 6);
  if (sum_with_uring != nullptr) expect("with io_uring", sum_with_uring(values), 6);
#if LEVADA_EXCEPTIONS
  const int negative[] = {-1};
  expect("here, with a throw", run_here(negative), -static_cast<int>(levada::failure::internal));
  expect("on this processor, with a throw", sum_on_this_processor(negative), -static_cast<int>(levada::failure::internal));
#endif
  return passed ? 0 : 1;
}
