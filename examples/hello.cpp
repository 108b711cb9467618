// SPDX-License-Identifier: BSL-1.0
#include <levada/levada.hpp>

#include <cstdio>

namespace lv = levada;
using namespace lv::literals;

int main() {
  auto late_us = [](const lv::timer_event& e) { return static_cast<double>(e.late.ns) / 1e3; };
  auto show = [](const auto& w) {
    std::printf("timers: %.0f us late, at most %.0f\n", w.template get<lv::mean>(), w.template get<lv::max>());
  };
  auto flow = lv::flow(lv::from(lv::timer(1_ms)) |
                       lv::window<lv::sliding{1_s, 250_ms}>(lv::aggregate<lv::mean, lv::max>(late_us)) | lv::to(show));
  return lv::run(flow);
}
