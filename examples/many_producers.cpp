// SPDX-License-Identifier: BSL-1.0
// many_producers: three processes measure, each at its own pace, and one judges what comes from all of them. Each producer has a
// ring of its own below one name, so none waits for another, and the order of each is kept.
#include <levada/levada.hpp>
#include <levada/os/process.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

namespace lv = levada;
using namespace lv::literals;

struct temperature {
  std::int32_t oven;
  std::int32_t number;
  double celsius;
};
using readings = lv::topic<lv::many<temperature>>;

/// One oven, in a process of its own.
int measure(const readings& topic, std::int32_t oven) {
  auto to = lv::publisher<lv::many<temperature>>::open(topic);  // the first free place
  if (!to) return std::fprintf(stderr, "%s\n", to.error().sentence.c_str()), to.error().exit_code();
  for (std::int32_t i = 0; i < 1000 * oven; ++i) {
    auto room = to->claim(1);
    while (room.empty()) {  // the judge is behind
      if (!to->wait_for_room(10_s)) return 1;
      room = to->claim(1);
    }
    room[0] = {oven, i, 180.0 + i % 7 + oven};
    to->commit(1, lv::wall_clock{}.now());
  }
  return 0;
}

struct summary {
  int readings = 0;
  bool in_order = true;
  double hottest = 0;
};

int main(int argc, char** argv) {
  std::string folder = argc > 1 ? argv[1] : (std::filesystem::temp_directory_path() / "levada-XXXXXX").string();
  if (argc == 1 && ::mkdtemp(folder.data()) == nullptr) return std::perror(folder.c_str()), 1;
  const readings topic(lv::bus::in(folder, "example"), "temperatures", {.producers = 3});
  if (argc > 2) return measure(topic, std::atoi(argv[2]));  // one of the three, told where the topic is

  std::map<std::int32_t, summary> ovens;
  int all = 0;
  auto judge = lv::flow(lv::from(topic) | lv::to([&](const temperature& t) {
                          summary& s = ovens[t.oven];
                          s.in_order &= t.number == s.readings++;
                          if (t.celsius > s.hottest) s.hottest = t.celsius;
                          if (++all == 6000) lv::request_stop();
                        }));
  if (auto opened = judge.open(); !opened) return std::fprintf(stderr, "%s\n", opened.error().sentence.c_str()), 1;

  lv::result<lv::child> workers[] = {lv::spawn(lv::self_path().c_str(), folder.c_str(), "1"),
                                     lv::spawn(lv::self_path().c_str(), folder.c_str(), "2"),
                                     lv::spawn(lv::self_path().c_str(), folder.c_str(), "3")};
  for (auto& worker : workers)
    if (!worker) return std::fprintf(stderr, "%s\n", worker.error().sentence.c_str()), 1;
  int code = lv::run(judge);
  for (auto& worker : workers) code |= worker->wait().code;
  for (const auto& [oven, s] : ovens)
    std::printf("oven %d: %d readings%s, at most %.0f degrees\n", oven, s.readings, s.in_order ? " in order" : "", s.hottest);
  std::filesystem::remove_all(folder);
  return code;
}
