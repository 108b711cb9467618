// SPDX-License-Identifier: BSL-1.0
// rinse: a machine must not begin a lot within 20 minutes after a rinse. Whoever begins one too early is reported at once; a
// rinse after which the machine has rested long enough frees it, when the time is over and not at its next event.
#include <levada/levada.hpp>

#include <cstdio>
#include <vector>

namespace lv = levada;
using namespace lv::literals;

enum class activity : int { rinse, lot };
struct step {
  lv::timestamp time;
  int machine;
  activity what;
};
constexpr lv::timestamp minute(int n) { return lv::timestamp{} + lv::duration(1_min) * n; }

int main() {
  const auto is_rinse = [](const step& s) { return s.what == activity::rinse; };
  const auto is_lot = [](const step& s) { return s.what == activity::lot; };
  const auto minutes = [](lv::timestamp t) { return static_cast<int>(t.ns / lv::duration(1_min).ns); };

  // The two rules. A further rinse begins the wait anew: of one machine the newest partial match is kept.
  constexpr lv::matching newest{.full = lv::when_full::drop_oldest};
  auto too_early =
      lv::pattern<"too early", newest>(lv::at(&step::time), lv::every<"rinse">(is_rinse).then<"lot">(is_lot).within(20_min));
  auto rested = lv::pattern<"rested", newest>(lv::at(&step::time), lv::every<"rinse">(is_rinse).absent(is_lot, 20_min));

  auto flow = lv::flow(lv::from(lv::input<step>()) | lv::key_by(&step::machine, {.bound = 100}) |
                       lv::fork(std::move(too_early) | lv::to([&](const auto& m) {
                                  std::printf("machine %d: lot at minute %d, rinsed at minute %d\n", m.key,
                                              minutes(m.template get<"lot">().time), minutes(m.start));
                                }),
                                std::move(rested) | lv::to([&](const auto& m) {
                                  std::printf("machine %d: free at minute %d\n", m.key, minutes(m.end));
                                })));
  if (auto opened = flow.open(); !opened) return opened.error().exit_code();

  const std::vector<step> steps{{minute(0), 1, activity::rinse},  {minute(2), 2, activity::rinse},
                                {minute(12), 1, activity::lot},                                    // too early
                                {minute(15), 2, activity::rinse},                                  // machine 2 must wait anew
                                {minute(22), 1, activity::rinse}, {minute(25), 2, activity::lot},  // too early
                                {minute(45), 1, activity::lot}};
  flow.push(steps);
  flow.raise_everywhere(lv::watermark{minute(60)});  // an hour has passed
  flow.finish();
}
