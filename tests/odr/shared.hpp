// SPDX-License-Identifier: BSL-1.0
// shared: the flow that every unit runs, and what each calls its own way of running it.
#pragma once

#include <levada/levada.hpp>

#include <span>

/// Passes on what is not negative; throws, or stops the program, for what is.
int positive(int value);

/// Below a key, above a window: as much of the library as fits in a few lines.
inline auto summing_flow(std::span<const int> values, int& sum) {
  return levada::flow(levada::from(levada::values(values)) | levada::map([](int v) { return positive(v); }) |
                      levada::key_by([](int v) { return v % 2; }) |
                      levada::window<levada::tumbling{1}>(levada::aggregate<levada::sum>([](int v) { return v; })) |
                      levada::to([&sum](const auto& row) { sum += static_cast<int>(row.template get<levada::sum>()); }));
}

/// The sum, or minus the exit code.
using summing = int(std::span<const int> values);
summing sum_without_exceptions;
summing sum_on_this_processor;
summing sum_with_uring;

/// Not inline: that it differs from unit to unit is the point.
static int run_here(std::span<const int> values) {
  int sum = 0;
  auto flow = summing_flow(values, sum);
  const int code = levada::run(flow);
  return code == 0 ? sum : -code;
}
