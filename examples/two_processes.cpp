// SPDX-License-Identifier: BSL-1.0
// two_processes: a flow, then the same flow cut at a topic into two processes. A topic carries time too, so nothing changes.
#include <levada/levada.hpp>
#include <levada/os/process.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace lv = levada;
using namespace lv::literals;

struct vibration {
  lv::timestamp time;
  std::int32_t machine;
  double g;
};

/// Three machines, each measured every 10 ms, for two seconds.
struct sensors {
  using event_type = vibration;
  static constexpr bool brings_time = true;
  std::int32_t made = 0;

  lv::polled poll(auto out, std::size_t) {
    if (made == 600) return lv::polled::end;
    const vibration e{{std::int64_t{made / 3} * 10'000'000}, made % 3, std::sin(made)};
    ++made;
    out.advance(e.time);
    out(std::span(&e, 1));
    return lv::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return static_cast<std::uint64_t>(made); }
};

/// The flow, in two pieces. They need not know where they are joined.
auto measure() {
  return lv::from(sensors{}) | lv::filter<"plausible">([](const vibration& v) { return v.g > -0.9; });
}
auto judge(std::string& report) {
  auto write = [&report](const auto& row) {
    char line[96];
    std::snprintf(line, sizeof line, "%4d ms: machine %d: %d readings, at most %.6f g\n",
                  static_cast<int>(row.end.ns / 1'000'000), row.key, static_cast<int>(row.template get<lv::count>()),
                  row.template get<lv::max>());
    report += line;
  };
  return lv::key_by(&vibration::machine) | lv::window<lv::tumbling{500_ms}>(lv::aggregate<lv::count, lv::max>(&vibration::g)) |
         lv::to(write);
}
constexpr lv::runner_options replay{.base = lv::time_base::events};

int publish(const lv::topic<vibration>& topic) {
  auto flow = lv::flow(measure() | lv::to(lv::publish(topic, {.ends = true})));
  return lv::run(flow, replay);
}

int main(int argc, char** argv) {
  std::string folder = argc > 1 ? argv[1] : (std::filesystem::temp_directory_path() / "levada-XXXXXX").string();
  if (argc == 1 && ::mkdtemp(folder.data()) == nullptr) return std::perror(folder.c_str()), 1;
  const lv::topic<vibration> topic(lv::bus::in(folder, "example"), "vibration");
  if (argc > 1) return publish(topic);  // the second process, told where the topic is

  std::string whole, cut;
  auto one = lv::flow(measure() | judge(whole));
  int code = lv::run(one, replay);

  auto publisher = lv::spawn(lv::self_path().c_str(), folder.c_str());
  if (!publisher) return std::fprintf(stderr, "%s\n", publisher.error().sentence.c_str()), 1;
  auto two = lv::flow(lv::from(topic) | judge(cut));
  code |= lv::run(two, replay) | publisher->wait().code;
  std::filesystem::remove_all(folder);
  std::printf("%sin two processes: %s\n", whole.c_str(), cut == whole ? "the same" : "not the same");
  return cut == whole ? code : 1;
}
