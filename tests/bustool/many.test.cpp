// SPDX-License-Identifier: BSL-1.0
// A topic of many producers, as the tool shows it.
#include "common.hpp"

#include <levada/bus/many.hpp>

#include <doctest/doctest.h>

namespace {
const lv::topic<lv::many<reading>> presses{lv::bus("plant"), "presses", {.capacity = 1024, .producers = 2}};

lv::publisher<lv::many<reading>> open_press() {
  auto p = lv::publisher<lv::many<reading>>::open(presses);
  REQUIRE(p);
  return std::move(*p);
}
}  // namespace

TEST_CASE("ls and stat: each producer's ring has a line of its own, and the whole is told in words") {
  const scratch here;
  auto a = open_press();
  publish(a, 0, 3);
  const auto names = run("ls", "--names");
  CHECK(names.out == "plant/presses/0\nplant/presses/1\n");
  CHECK(contains(squeezed(run("stat", "plant/presses/0").out), "head 3\n"));
  CHECK(refuses(run("stat", "plant/presses"), 65, "topic 'presses' is for 2 producers, each with a ring of its own"));
}

TEST_CASE("tap: the events of all producers, and which of them each is of") {
  const scratch here;
  auto a = open_press(), b = open_press();
  const auto tap = [](auto... more) { return run("tap", "plant/presses", more...); };
  publish(a, 0, 2);
  publish(b, 4, 5);
  const auto text = lines_of(tap("--from", "earliest", "--no-wait").out);
  REQUIRE(text.size() == 3);
  CHECK(text[0] == "0:0 2026-01-01T10:00:00.000Z " + json_of(0));
  CHECK(text[1] == "1:0 2026-01-01T10:00:04.000Z " + json_of(4));
  CHECK(text[2] == "0:1 2026-01-01T10:00:01.000Z " + json_of(1));
  CHECK(tap("--from", "2026-01-01T10:00:01Z", "--no-wait", "--json").out == json_of(1) + "\n" + json_of(4) + "\n");
  CHECK(tap("--from", "earliest", "--json", "--count", "2").out == json_of(0) + "\n" + json_of(4) + "\n");
  CHECK(refuses(tap("--from", "1"), 64, "'plant/presses' has 2 producers, each of which counts its own events"));

  program live(command("tap", "plant/presses", "--json", "--signals"));
  REQUIRE(eventually([&] { return a.subscribers() == 1 && b.subscribers() == 1; }));
  publish(b, 5, 6);
  CHECK(live.says(json_of(5)));  // at once
  REQUIRE(b.signal(lv::lane_kind::end, 0, at_second(6)));
  CHECK(live.says("\"signal\":\"end\""));
  publish(a, 7, 8);  // the end of one is not that of the others
  CHECK(live.says(json_of(7)));
}

TEST_CASE("pub: takes the place of one producer") {
  const scratch here;
  auto a = open_press();
  CHECK(refuses(run_with_input("{}\n", "pub", "plant/presses"), 65, "look at 'presses/0' and so on"));
  CHECK(refuses(run_with_input("{}\n", "pub", "plant/presses/0"), 69, "topic 'presses/0' already has a publisher"));
  CHECK(run_with_input("{}\n", "pub", "plant/presses/1").code == 0);
}

TEST_CASE("rm: a topic of many producers goes as a whole") {
  const scratch here;
  {
    auto a = open_press();
    CHECK(refuses(run("rm", "plant/presses"), 69, "topic 'presses/0' is in use: its publisher runs"));
  }
  CHECK(run("rm", "plant/presses").code == 0);
  CHECK(run("ls", "--names").out.empty());
  CHECK(refuses(run("rm", "plant/presses"), 69, "is not there: nothing was removed"));
}

TEST_CASE("doctor --clean: a topic of many producers goes as a whole, and stays while one of its rings is used") {
  const scratch here;
  {
    auto a = open_press();
    publish(a, 0, 3);
    CHECK(!contains(run("doctor", "--clean").out, "plant/presses"));
    CHECK(run("ls", "--names").out == "plant/presses/0\nplant/presses/1\n");
  }
  CHECK(contains(run("doctor").out, "plant/presses  of producer 0: nobody uses it; it holds 3 events (--clean removes it)"));
  CHECK(contains(run("doctor", "--clean").out, "removed"));
  CHECK(run("ls", "--names").out.empty());
}
