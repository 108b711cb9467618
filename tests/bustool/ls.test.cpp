// SPDX-License-Identifier: BSL-1.0
// ls and stat.
#include "common.hpp"

#include <levada/bus/group.hpp>
#include <levada/os/file.hpp>

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <optional>

TEST_CASE("ls: no topics, no bus of that name") {
  const scratch here;
  const auto r = run("ls");
  CHECK(r.code == 0);
  CHECK(r.out.empty());
  CHECK(contains(r.err, "there are no topics in '" + (here.folder() / "bus").string() + "'"));
  const auto quiet = run("ls", "--json");
  CHECK(quiet.code == 0);
  CHECK(quiet.err.empty());
  CHECK(refuses(run("ls", "plant"), 69, "there is no bus 'plant'"));
}

TEST_CASE("ls: topics with schema, what they hold, and who reads") {
  const scratch here;
  auto p = publisher_of(press(), 10);
  auto guard = lv::subscriber<reading>::open(press(), {.name = "guard"});
  REQUIRE(guard);
  while (auto turn = guard->read()) guard->release(turn.events.size());
  std::optional<lv::subscriber<reading>> away(std::move(*lv::subscriber<reading>::open(press(), {.name = "away"})));
  away.reset();
  const auto nameless = lv::subscriber<reading>::open(press());
  {
    const auto other = publisher_of(press("press/2"), 0);
  }
  const auto r = run("ls", "--interval", "0");
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  CHECK(squeezed(r.out) == std::string("TOPIC CAPACITY EVENT RETAINED SPAN RATE/S PUBLISHER SUBSCRIBERS (LAG)\n") +
                               "plant/press/1 1024 64 B 10 9.0 s - " + own_pid() + " guard (0), away (10, away), #2 (10)\n" +
                               schema + "\n" + "plant/press/2 1024 64 B 0 - - - -\n" + schema + "\n");
  CHECK(run("ls", "--names").out == "plant/press/1\nplant/press/2\n");
  CHECK(run("ls", "plant", "--names").out == "plant/press/1\nplant/press/2\n");
}

TEST_CASE("ls --json: one object a topic, with all of it") {
  const scratch here;
  auto p = publisher_of(press(), 10);
  const auto guard = lv::subscriber<reading>::open(press(), {.name = "guard"});
  const auto r = run("ls", "--json");
  CHECK(r.code == 0);
  REQUIRE(lines_of(r.out).size() == 1);
  const auto j = nlohmann::json::parse(r.out);
  CHECK(j["topic"] == "plant/press/1");
  CHECK(j["kind"] == "stream");
  CHECK(j["capacity"] == 1024);
  CHECK(j["event_size"] == 64);
  CHECK(j["stale"] == false);
  CHECK(j["head"] == 10);
  CHECK(j["oldest"] == 0);
  CHECK(j["retained"] == 10);
  CHECK(j["oldest_time"] == "2026-01-01T10:00:00.000Z");
  CHECK(j["newest_time"] == "2026-01-01T10:00:09.000Z");
  CHECK(j["span"] == 9);
  CHECK(j["rate"] == 0);  // nothing came meanwhile
  CHECK(j["publisher"]["alive"] == true);
  CHECK(j["publisher"]["pid"] == lv::process_id());
  CHECK(j["publisher"]["epoch"] == 1);
  REQUIRE(j["subscribers"].size() == 1);
  CHECK(j["subscribers"][0]["name"] == "guard");
  CHECK(j["subscribers"][0]["alive"] == true);
  CHECK(j["subscribers"][0]["lag"] == 10);
  CHECK(j["subscribers"][0]["policy"] == "block");
  CHECK(j["schema"].size() == 10);
  CHECK(j["schema"][5] == nlohmann::json({{"name", "axes"}, {"type", "int32[3]"}, {"offset", 36}}));
}

TEST_CASE("ls: the rate is that of the interval") {
  const scratch here;
  auto p = publisher_of(press(), 1);
  program ls(command("ls", "--json", "--interval", "0.3"));
  int i = 1;
  CHECK(eventually([&] {
    publish(p, i, i + 1);
    return ++i, !ls.out().empty();
  }));
  CHECK(ls.end() == 0);
  CHECK(nlohmann::json::parse(ls.out())["rate"] > 0);
}

TEST_CASE("ls: a damaged topic is a sentence among the others") {
  const scratch here;
  {
    const auto p = publisher_of(press(), 1);
  }
  {
    const auto p = publisher_of(press("press/2"), 1);
  }
  auto ring = lv::file::open(press("press/2").files()->file("ring").c_str(), O_RDWR);
  REQUIRE(ring);
  REQUIRE(::pwrite(ring->fd(), "x", 1, 0) == 1);
  const auto r = run("ls", "--interval", "0");
  CHECK(r.code == 0);
  CHECK(contains(r.out, "plant/press/1"));
  CHECK(contains(r.out, "plant/press/2  topic 'press/2' cannot be used: its ring is not a ring of levada"));
  const auto as_json = lines_of(run("ls", "--interval", "0", "--json").out);
  REQUIRE(as_json.size() == 2);
  CHECK(nlohmann::json::parse(as_json[1])["fault"] == "topic 'press/2' cannot be used: its ring is not a ring of levada");
}

TEST_CASE("stat: all of one topic") {
  const scratch here;
  auto p = publisher_of(press(), 10);
  auto guard = lv::subscriber<reading>::open(press(), {.name = "guard"});
  const auto r = run("stat", "plant/press/1", "--interval", "0");
  CHECK(r.code == 0);
  CHECK(squeezed(r.out) == "topic plant/press/1\nfolder " + std::string(press().files()->folder.view()) +
                               "\nring stream, 1024 events of 64 bytes, 148 KiB of memory\nschema " + schema +
                               "\npublisher runs (pid " + own_pid() +
                               "), epoch 1\nhead 10\nretained 10 events from 0, 9.0 s from 2026-01-01T10:00:00.000Z\n"
                               "lane 10 records, room for 256, grain 1.0 ms\nsubscriber guard, runs (pid " +
                               own_pid() + "): at 0, lag 10, block\n");
  CHECK(nlohmann::json::parse(run("stat", "plant/press/1", "--json").out)["rate"] == 0);
}

TEST_CASE("stat --watch: again and again, and a stop is no error") {
  const scratch here;
  auto p = publisher_of(press(), 3);
  const auto r = run("stat", "plant/press/1", "--watch", "--count", "3", "--interval", "0.01", "--json");
  CHECK(r.code == 0);
  const auto looks = lines_of(r.out);
  REQUIRE(looks.size() == 3);
  for (const auto& look : looks) CHECK(nlohmann::json::parse(look)["head"] == 3);

  program watch(command("stat", "plant/press/1", "--watch", "--interval", "0.01"));
  CHECK(watch.says("head       3"));
  publish(p, 3, 4);
  CHECK(watch.says("head       4"));
  watch.kill(SIGINT);
  CHECK(watch.end() == 0);
  CHECK(watch.err().empty());
}

TEST_CASE("stat --watch: on a terminal one picture is drawn over the other") {
  const scratch here;
  const auto p = publisher_of(press(), 3);
  program watch(command("stat", "plant/press/1", "--watch", "--count", "2", "--interval", "0.01"), program::output::terminal);
  CHECK(watch.end() == 0);
  const auto& shown = watch.out();
  CHECK(shown.starts_with("\033[H\033[Jtopic"));
  CHECK(shown.find("\033[H\033[Jtopic", 1) != shown.npos);
}

TEST_CASE("ls and stat: a name out of shared memory does nothing to the terminal") {
  const scratch here;
  const auto p = publisher_of(press(), 0);
  const auto s = lv::subscriber<reading>::open(press(), {.name = "a\033[2Jb\xFF"});
  REQUIRE(s);
  CHECK(contains(run("ls", "--interval", "0").out, "a?[2Jb"));
  CHECK(!contains(run("stat", "plant/press/1", "--interval", "0").out, "\033"));
  const auto j = nlohmann::json::parse(run("ls", "--interval", "0", "--json").out);  // bytes that are no UTF-8 do not spoil it
  CHECK(j["subscribers"][0]["name"] == "a\033[2Jb\xEF\xBF\xBD");
}

TEST_CASE("stat: what is not there, and what is no name") {
  const scratch here;
  CHECK(refuses(run("stat", "plant/press/1"), 69, "topic 'press/1' is not there"));
  CHECK(refuses(run("stat", "plant"), 64, "'plant' is not of the form BUS/TOPIC"));
  CHECK(refuses(run("stat", "plant/.."), 64, "'..' is not a name for a topic"));
  CHECK(refuses(run("stat"), 64, "TOPIC is required"));
  CHECK(refuses(run("stat", "plant/t", "--interval", "nan"), 64, "--interval"));
  CHECK(refuses(run("stat", "plant/t", "--watch", "--interval", "0"), 64, "--watch needs an --interval above 0"));
}

TEST_CASE("stat, ls, rm: a topic in partitions shows its groups, and goes as a whole") {
  const scratch here;
  const lv::partitioned_topic<reading> presses{lv::bus("plant"), "presses", {.partitions = 2, .each = {.capacity = 1024}}};
  {
    auto p = lv::partitioned_publisher<reading>::open(presses);
    REQUIRE(p);
    publish(p->partition(1), 0, 10);
    const auto m = lv::group_member<reading>::open(presses, "judges");
    REQUIRE(m);
    const auto r = run("stat", "plant/presses");
    CHECK(r.code == 0);
    CHECK(squeezed(r.out) == "topic plant/presses\npartitions 2\ngroup judges: lag 10, 1 member\npid " + own_pid() +
                                 ": 2 partitions\npartition 0: pid " + own_pid() + ", at 0, lag 0\npartition 1: pid " +
                                 own_pid() + ", at 0, lag 10\n");
    const auto j = nlohmann::json::parse(run("stat", "plant/presses", "--json").out);
    CHECK(j["groups"][0]["name"] == "judges");
    CHECK(j["groups"][0]["lag"] == 10);
    CHECK(j["groups"][0]["partitions"][1]["owner"] == lv::process_id());
    CHECK(contains(run("ls", "--interval", "0").out, "group/judges (10)"));
    CHECK(refuses(run("rm", "plant/presses"), 69, "a member of its group 'judges' runs"));
  }
  CHECK(contains(run("stat", "plant/presses").out, "partition 1: nobody's, at 0, lag 10"));
  CHECK(run("rm", "plant/presses").code == 0);
  CHECK(refuses(run("stat", "plant/presses"), 69, "is not there"));
}
