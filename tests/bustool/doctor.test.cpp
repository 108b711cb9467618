// SPDX-License-Identifier: BSL-1.0
// doctor, rm and forget.
#include "common.hpp"

#include <levada/bus/layout.hpp>
#include <levada/os/file.hpp>

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <map>

namespace fs = std::filesystem;

namespace {

struct diagnosis {
  int code;
  std::map<std::string, std::pair<std::string, std::string>> checks;  // state and sentence by name

  [[nodiscard]] std::string state_of(const std::string& check) const {
    return checks.contains(check) ? checks.at(check).first : "";
  }
  [[nodiscard]] std::string words_of(const std::string& check) const {
    return checks.contains(check) ? checks.at(check).second : "";
  }
};
template <class... Argument>
diagnosis doctor(Argument... argument) {
  const auto r = run("doctor", "--json", argument...);
  diagnosis d{r.code, {}};
  for (const auto& line : lines_of(r.out)) {
    const auto j = nlohmann::json::parse(line);
    d.checks[j["check"]] = {j["state"], j["says"]};
  }
  return d;
}
void garble(const char* topic, std::size_t offset) {
  auto ring = lv::file::open(press(topic).files()->file("ring").c_str(), O_RDWR);
  REQUIRE(ring);
  REQUIRE(::pwrite(ring->fd(), "x", 1, static_cast<off_t>(offset)) == 1);
}
bool is_there(const char* topic) { return fs::exists(press(topic).files()->folder.c_str()); }

}  // namespace

TEST_CASE("doctor: every check has a state and a sentence, and an error is an exit code") {
  const scratch here;
  const auto d = doctor();
  bool failed = false;
  for (const char* check :
       {"directory", "room", "locks", "nofile", "memlock", "pages", "membarrier", "io_uring", "processors", "boot"}) {
    CAPTURE(check);
    CHECK((d.state_of(check) == "ok" || d.state_of(check) == "warning" || d.state_of(check) == "error"));
    CHECK(!d.words_of(check).empty());
    failed = failed || d.state_of(check) == "error";
  }
  CHECK(d.checks.size() == 10);
  CHECK(d.code == (failed ? 69 : 0));
  CHECK(d.state_of("locks") == "ok");
  CHECK(lines_of(run("doctor").out).size() == 10);

  const auto bad = run("--dir", "/proc/none", "doctor");
  CHECK(bad.code == 69);
  CHECK(contains(bad.out, "error"));
  CHECK(contains(bad.err, "buses cannot work here"));
}

TEST_CASE("doctor: topics that nobody uses, and --clean") {
  const scratch here;
  const auto used = publisher_of(press("used"), 1);
  {
    const auto p = publisher_of(press("unused"), 3);
  }
  {
    const auto p = publisher_of(press("damaged"), 1);
  }
  {
    const auto p = publisher_of(press("old"), 1);
  }
  {
    const auto p = publisher_of(press("promised"), 2);
    const auto s = lv::subscriber<reading>::open(press("promised"), {.name = "guard"});
  }
  garble("damaged", 0);
  garble("old", offsetof(lv::detail::ring_header, boot));
  fs::create_directories(press("half").files()->folder.c_str());

  auto d = doctor();
  CHECK(d.checks.size() == 15);
  CHECK(d.state_of("plant/used").empty());
  CHECK(d.state_of("plant/unused") == "warning");
  CHECK(d.words_of("plant/unused") == "nobody uses it; it holds 3 events (--clean removes it)");
  CHECK(d.words_of("plant/damaged") == "is damaged, or of another version (--clean removes it)");
  CHECK(d.words_of("plant/old") == "was left by an earlier boot (--clean removes it)");
  CHECK(d.words_of("plant/half") == "was never made whole (--clean removes it)");
  CHECK(d.words_of("plant/promised") == "nobody uses it; it holds 2 events, and subscriber 'guard' may come back for them");
  for (const char* topic : {"unused", "damaged", "old", "half", "promised"}) CHECK(is_there(topic));

  d = doctor("--clean");
  CHECK(d.words_of("plant/unused") == "nobody uses it; it holds 3 events: removed");
  CHECK(d.state_of("plant/old") == "ok");
  for (const char* topic : {"unused", "damaged", "old", "half"}) CHECK(!is_there(topic));
  CHECK(is_there("used"));
  CHECK(is_there("promised"));
}

TEST_CASE("doctor --clean: a damaged topic that somebody still uses stays") {
  const scratch here;
  const auto used = publisher_of(press("used"), 1);
  garble("used", 0);
  const auto d = doctor("--clean");
  CHECK(d.words_of("plant/used") == "topic 'used' is in use: its publisher runs");
  CHECK(is_there("used"));
}

TEST_CASE("rm: what nobody uses") {
  const scratch here;
  {
    const auto p = publisher_of(press(), 1);
    CHECK(refuses(run("rm", "plant/press/1"), 69, "topic 'press/1' is in use: its publisher runs"));
    CHECK(is_there("press/1"));
  }
  const auto r = run("rm", "plant/press/1");
  CHECK(r.code == 0);
  CHECK(r.out.empty());
  CHECK(r.err.empty());
  CHECK(!is_there("press/1"));
  CHECK(refuses(run("rm", "plant/press/1"), 69, "topic 'plant/press/1' is not there: nothing was removed"));
  CHECK(refuses(run("rm", "plant"), 64, "BUS/TOPIC"));
}

TEST_CASE("forget: the position of a subscriber that will not return") {
  const scratch here;
  auto p = publisher_of(press(), 5);
  {
    const auto s = lv::subscriber<reading>::open(press(), {.name = "guard"});
    CHECK(refuses(run("forget", "plant/press/1", "guard"), 69,
                  "subscriber 'guard' of topic 'press/1' runs (pid " + own_pid() + ")"));
  }
  CHECK(contains(run("stat", "plant/press/1", "--interval", "0").out, "guard, away"));
  CHECK(run("forget", "plant/press/1", "guard").code == 0);
  CHECK(!contains(run("stat", "plant/press/1", "--interval", "0").out, "guard"));
  CHECK(refuses(run("forget", "plant/press/1", "guard"), 69, "topic 'press/1' has no subscriber named 'guard'"));
  CHECK(refuses(run("forget", "plant/none", "guard"), 69, "topic 'none' is not there"));
  CHECK(refuses(run("forget", "plant/press/1"), 64, "SUBSCRIBER is required"));
}
