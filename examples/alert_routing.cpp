// SPDX-License-Identifier: BSL-1.0
// alert_routing: a machine runs hot. Whoever is on duty for its area hears of it, in words; who does not acknowledge within five
// minutes is followed by the next one.
#include <levada/levada.hpp>

#include <cstdint>
#include <cstdio>
#include <span>

namespace lv = levada;
using namespace lv::literals;

enum class area : std::uint8_t { press, oven };
struct happening {
  lv::timestamp time;
  std::uint32_t machine;
  area zone;
  double celsius;  // 0: somebody acknowledges the machine's alert
};
using hot = lv::alert<happening>;
struct message {
  int minute;
  lv::text<16> recipient;
  lv::text<80> words;
};

constexpr happening at(std::int64_t minute, std::uint32_t machine, area zone, double celsius) {
  return {{minute * 60'000'000'000}, machine, zone, celsius};
}
constexpr happening morning[] = {
    at(0, 7, area::press, 61), at(1, 7, area::press, 83.5), at(2, 3, area::oven, 104.25), at(4, 7, area::press, 84),
    at(5, 3, area::oven, 0),   at(12, 7, area::press, 0),   at(15, 7, area::press, 70),   at(20, 3, area::oven, 70),
    at(30, 3, area::oven, 91), at(60, 7, area::press, 60),
};
/// A source that brings what happened at its time.
struct diary {
  using event_type = happening;
  static constexpr bool brings_time = true;
  std::uint64_t next = 0;

  lv::polled poll(auto out, std::size_t) {
    if (next == std::size(morning)) return lv::polled::end;
    out.advance(morning[next].time);
    out(std::span(morning).subspan(next++, 1));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return next; }
};

/// Who hears of it, level by level: by area, and from which temperature on. The first line that fits counts.
constexpr struct {
  area zone;
  double from;
  const char* levels[3];
} duties[] = {{area::oven, 100, {"fire brigade", "shift lead", "plant manager"}},
              {area::oven, 0, {"baker", "shift lead", "plant manager"}},
              {area::press, 0, {"setter", "shift lead", "plant manager"}}};

int main() {
  const auto words = lv::text_template<happening>::parse("machine {machine} ({zone}) is at {celsius:.1} degrees");
  if (!words) return std::fprintf(stderr, "%s\n", words.error().sentence.c_str()), words.error().exit_code();
  const auto address = [words = *words](const lv::escalation<hot>& e) {
    const auto* d = duties;
    while (d->zone != e.alert.event.zone || e.alert.event.celsius < d->from) ++d;
    return message{static_cast<int>(e.at.ns / 60'000'000'000), d->levels[e.level], words.fill<80>(e.alert.event)};
  };
  auto flow = lv::flow(
      "all"_s = lv::from(diary{}),
      "alerts"_s = "all"_s | lv::filter([](const happening& h) { return h.celsius > 0; }) | lv::key_by(&happening::machine) |
                   lv::alert_when([](const happening& h) { return h.celsius > 80; }, &happening::time) |
                   lv::filter([](const hot& a) { return a.state == lv::alert_state::raised; }),
      "answers"_s = "all"_s | lv::filter([](const happening& h) { return h.celsius == 0; }),
      lv::connect("alerts"_s, "answers"_s) |
          lv::escalate([](const hot& a) { return a.event.machine; }, &happening::machine, {.levels = 3, .wait = 5_min}) |
          lv::aside(lv::to([](const hot& a) { std::printf("nobody came to machine %u\n", a.event.machine); })) |
          lv::map(address) |
          lv::to([](const message& m) { std::printf("%2d min  %-13s  %s\n", m.minute, m.recipient.c_str(), m.words.c_str()); }));
  return lv::run(flow, {.base = lv::time_base::events});
}
