// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"

#include <doctest/doctest.h>

namespace {
/// The lines of events first to last - 1, as tap --json prints them.
std::string json_lines(int first, int last) {
  std::string all;
  for (int i = first; i < last; ++i) all += json_of(i) + "\n";
  return all;
}
}  // namespace

TEST_CASE("tap: what is there, from the earliest event, a sequence, or a time on") {
  const scratch here;
  auto p = publisher_of(press(), 5);
  const auto tap = [](auto... more) { return run("tap", "plant/press/1", "--no-wait", more...); };
  const auto text = tap("--from", "earliest");
  CHECK(text.code == 0);
  CHECK(text.err.empty());
  REQUIRE(lines_of(text.out).size() == 5);
  CHECK(lines_of(text.out)[3] == "3 2026-01-01T10:00:03.000Z " + json_of(3));
  CHECK(tap("--from", "earliest", "--json").out == json_lines(0, 5));
  CHECK(tap("--from", "3", "--json").out == json_lines(3, 5));
  CHECK(tap("--from", "5", "--json").out.empty());
  CHECK(tap("--from", "2026-01-01T10:00:02Z", "--json").out == json_lines(2, 5));
  CHECK(tap("--from", "2026-01-01T11:00:01.5+01:00", "--json").out == json_lines(2, 5));
  CHECK(tap("--from", "2027-01-01", "--json").out.empty());
  CHECK(tap("--from", "1", "--count", "2", "--json").out == json_lines(1, 3));
  CHECK(tap("--json").out.empty());  // latest
}

TEST_CASE("tap: events as they come, and no more than were asked for") {
  const scratch here;
  auto p = publisher_of(press(), 5);
  program tap(command("tap", "plant/press/1", "--json", "--count", "3"));
  REQUIRE(eventually([&] { return p.subscribers() == 1; }));
  publish(p, 5, 6);
  CHECK(tap.says(json_of(5)));  // at once
  publish(p, 6, 9);
  CHECK(tap.end() == 0);
  CHECK(tap.out() == json_lines(5, 8));
  CHECK(tap.err().empty());
  CHECK(p.subscribers() == 0);
}

TEST_CASE("tap: it ends quietly with SIGINT and SIGTERM, with its reader, and with the stream") {
  const scratch here;
  auto p = publisher_of(press(), 2);
  for (const int signal : {SIGINT, SIGTERM}) {
    program tap(command("tap", "plant/press/1", "--from", "earliest", "--json"));
    CHECK(tap.says(json_of(1)));
    tap.kill(signal);
    CHECK(tap.end() == 0);
    CHECK(tap.out() == json_lines(0, 2));
    CHECK(tap.err().empty());
  }
  const auto piped =
      run_all({"/bin/sh", "-c", "\"$0\" tap plant/press/1 --from earliest --json | head -n 1", tool_path()});  // nothing follows
  CHECK(piped.code == 0);
  CHECK(piped.out == json_lines(0, 1));
  CHECK(piped.err.empty());
  CHECK(p.signal(lv::lane_kind::end, 0, at_second(2)));
  CHECK(run("tap", "plant/press/1", "--from", "earliest", "--json").out == json_lines(0, 2));
}

TEST_CASE("tap --signals: what the lane says, between the events") {
  const scratch here;
  auto p = publisher_of(press(), 1);
  CHECK(p.signal(lv::lane_kind::watermark, static_cast<std::uint64_t>(at_second(0).ns), at_second(1)));
  CHECK(p.signal(lv::lane_kind::barrier, 7, at_second(1)));
  publish(p, 1, 2);
  CHECK(p.signal(lv::lane_kind::idle, 0, at_second(2)));
  const auto text = run("tap", "plant/press/1", "--from", "earliest", "--no-wait", "--signals");
  CHECK(text.out == "0 2026-01-01T10:00:00.000Z " + json_of(0) + "\n" +
                        "1 2026-01-01T10:00:01.000Z watermark 2026-01-01T10:00:00.000Z\n"
                        "1 2026-01-01T10:00:01.000Z barrier 7\n" +
                        "1 2026-01-01T10:00:01.000Z " + json_of(1) + "\n" + "2 2026-01-01T10:00:02.000Z idle\n");
  const auto json = lines_of(run("tap", "plant/press/1", "--from", "earliest", "--no-wait", "--signals", "--json").out);
  REQUIRE(json.size() == 5);
  CHECK(json[1] == R"({"signal":"watermark","sequence":1,"time":"2026-01-01T10:00:01.000Z","value":"2026-01-01T10:00:00.000Z"})");
  CHECK(json[2] == R"({"signal":"barrier","sequence":1,"time":"2026-01-01T10:00:01.000Z","value":7})");
  CHECK(json[4] == R"({"signal":"idle","sequence":2,"time":"2026-01-01T10:00:02.000Z"})");
}

TEST_CASE("tap: what is overwritten is told") {
  const scratch here;
  auto p = publisher_of(press(), 0);
  for (int i = 0; i < 3000; ++i) {
    auto room = p.claim(1);
    REQUIRE(!room.empty());
    room[0] = make_reading(i % 10);
    p.commit(1, at_second(i));
  }
  const auto r = run("tap", "plant/press/1", "--from", "100", "--count", "1", "--no-wait");
  CHECK(r.code == 0);
  const auto first = std::strtoull(r.out.c_str(), nullptr, 10);
  CHECK(first > 3000 - 1024);
  CHECK(r.err == "bus: " + std::to_string(first - 100) + " events before " + std::to_string(first) + " are overwritten\n");
}

TEST_CASE("tap: a sequence that is still to come is waited for") {
  const scratch here;
  auto p = publisher_of(press(), 0);
  publish(p, 0, 5);
  program tap(command("tap", "plant/press/1", "--from", "7", "--count", "1", "--json"));
  REQUIRE(eventually([&] { return p.subscribers() == 1; }));
  publish(p, 5, 9);
  CHECK(tap.end() == 0);
  CHECK(tap.out() == json_lines(7, 8));
}

TEST_CASE("tap: it never holds the publisher up, and tells what it has missed") {
  const scratch here;
  auto p = publisher_of(press(), 0);
  program tap(command("tap", "plant/press/1", "--json"));
  REQUIRE(eventually([&] { return p.subscribers() == 1; }));
  publish(p, 0, 1);
  CHECK(tap.says(json_of(0)));
  tap.kill(SIGSTOP);
  for (int i = 0; i < 5000; ++i) publish(p, i % 10, i % 10 + 1);  // each finds room
  tap.kill(SIGCONT);
  CHECK(p.signal(lv::lane_kind::end, 0, at_second(10)));
  CHECK(tap.end() == 0);
  const auto printed = lines_of(tap.out()).size();
  CHECK(printed < 1 + 1024 + 1);
  const auto lost = 5001 - printed;
  CHECK(tap.err() == "bus: " + std::to_string(lost) + " events before " + std::to_string(1 + lost) + " are overwritten\n");
}

TEST_CASE("tap: what cannot be is a sentence") {
  const scratch here;
  CHECK(refuses(run("tap", "plant/press/1"), 69, "topic 'press/1' is not there: start its publisher first"));
  CHECK(refuses(run("tap", "plant/press/1", "--from", "yesterday"), 64, "--from yesterday: write earliest, latest"));
  CHECK(refuses(run("tap", "plant/press/1", "--from", "1.5"), 64, "--from 1.5"));
  CHECK(refuses(run("tap", "plant/press/1", "--count", "-1"), 64, "--count"));
}
