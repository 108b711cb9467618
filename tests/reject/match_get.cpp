// SPDX-License-Identifier: BSL-1.0
// expect: match: this pattern has no step of that name
#include <levada/flow/flow.hpp>
#include <levada/op/pattern.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

namespace lv = levada;

struct reading {
  double value;
};
constexpr auto high = [](const reading& r) { return r.value > 1; };

using matches = decltype(lv::from(lv::input<reading>()) | lv::pattern(lv::every<"rise">(high).then<"peak">(high)));

double peak_of(const matches::output& match) {
#ifdef LEVADA_WRONG
  return match.get<"top">().value;  // here
#else
  return match.get<"peak">().value;
#endif
}
