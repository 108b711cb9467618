// SPDX-License-Identifier: BSL-1.0
// expect: row: this window does not compute that aggregate; add it to aggregate
#include <levada/flow/flow.hpp>
#include <levada/op/window.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  double value;
};

using windows = decltype(lv::from(lv::input<reading>()) |
                         lv::window<lv::tumbling{100}>(lv::aggregate<lv::mean, lv::stddev>(&reading::value)));

bool is_hot(const windows::output& row) {
#ifdef LEVADA_WRONG
  return row.get<lv::max>() > 30;  // here
#else
  return row.get<lv::mean>() > 30;
#endif
}
