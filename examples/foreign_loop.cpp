// SPDX-License-Identifier: BSL-1.0
// foreign_loop: a flow as a guest in somebody else's poll(2) loop. The runner has one descriptor to wait on, and takes a turn
// when it is called; with epoll, libuv, Asio or Qt it is the same.
#include <levada/levada.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace lv = levada;

struct reading {
  std::int32_t number;
  double value;
};

int fail(const lv::fault& why) {
  std::fprintf(stderr, "%s\n", why.sentence.c_str());
  return why.exit_code();
}

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "levada-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return std::perror(folder.c_str()), 1;
  const lv::topic<reading> topic(lv::bus::in(folder, "example"), "readings");

  // The guest: a flow that reads a topic.
  auto print = [](const auto& w) {
    std::printf("readings %d to %d: mean %.2f\n", w.template get<lv::first>(), w.template get<lv::last>(),
                w.template get<lv::mean>());
  };
  auto flow = lv::flow(lv::from(topic) |
                       lv::window<lv::tumbling{5}>(lv::aggregate<lv::first, lv::last>(&reading::number),
                                                   lv::aggregate<lv::mean>(&reading::value)) |
                       lv::to(print));
  lv::runner<> runner;
  if (auto opened = runner.open(flow); !opened) return fail(opened.error());
  auto take_turns = [&] {
    lv::polled came = lv::polled::events;
    while (came == lv::polled::events) came = runner.poll(flow);
    return came;  // when nothing is left to do, the descriptor is armed
  };

  // The host: a loop with a timer, which publishes a reading each millisecond. It knows of the flow by its descriptor alone.
  auto writer = lv::publisher<reading>::open(topic);
  if (!writer) return fail(writer.error());
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec every_millisecond{{0, 1'000'000}, {0, 1'000'000}};
  ::timerfd_settime(timer, 0, &every_millisecond, nullptr);
  pollfd watched[] = {{timer, POLLIN, 0}, {runner.fd(), POLLIN, 0}};
  std::int32_t made = 0;
  for (lv::polled came = take_turns(); came != lv::polled::end;) {
    ::poll(watched, 2, -1);
    std::uint64_t ticks = 0;
    if ((watched[0].revents & POLLIN) != 0 && ::read(timer, &ticks, sizeof ticks) > 0 && made <= 20) {
      if (made == 20 && !writer->signal(lv::lane_kind::end, 0, {})) return 1;
      if (made < 20) writer->claim(1)[0] = {made, 0.5 * made}, writer->commit(1, {});
      ++made;
    }
    if ((watched[1].revents & POLLIN) != 0) came = take_turns();
  }
  const lv::result<> done = runner.finish(flow);

  ::close(timer);
  std::filesystem::remove_all(folder);
  return done ? 0 : fail(done.error());
}
