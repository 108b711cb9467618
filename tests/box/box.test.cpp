// SPDX-License-Identifier: BSL-1.0
// The box as its user meets it: the program itself, its exit codes, what it says, and what is left when a part of it dies.
#include "program.hpp"

#include "box/machine_readings.hpp"

#include "../support/stream.hpp"

#include <levada/bus/publisher.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/wire/json.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <sys/mount.h>

namespace lv = levada;
using support::contains;
using support::eventually;
using support::lines_of;
using support::program;
using support::read_file;
using support::scratch;
using support::write_file;

namespace {

std::string box_path() {
  const char* path = std::getenv("LEVADA_BOX");
  REQUIRE_MESSAGE(path, "LEVADA_BOX names the program to test: run this by ctest, or set it");
  return path;
}
template <class... Argument>
std::vector<std::string> command(Argument... argument) {
  return {box_path(), argument...};
}

struct ending {
  int code;
  std::string out, err;
};
template <class... Argument>
ending run(Argument... argument) {
  program p(command(argument...));
  const int code = p.end();
  return {code, p.out(), p.err()};
}

/// The number of a member of the summary; members of members by "outer.inner".
double number(const std::string& summary, const std::string& name) {
  std::size_t at = 0;
  std::string rest = name;
  for (std::size_t dot = 0; dot != rest.npos; rest = rest.substr(dot == rest.npos ? 0 : dot + 1)) {
    dot = rest.find('.');
    at = summary.find("\"" + rest.substr(0, dot) + "\":", at);
    REQUIRE_MESSAGE(at != summary.npos, name, " in ", summary);
    at = summary.find(':', at) + 1;
  }
  return std::strtod(summary.c_str() + at, nullptr);
}
std::string last_line(const std::string& text) {
  const auto lines = lines_of(text);
  return lines.empty() ? "" : lines.back();
}

lv::topic<box::reading> readings_on(const std::string& bus) {
  box::options o;
  o.bus = bus;
  return box::machine_readings(o);
}

/// A topic looked at from outside: its counters, and how far the guard has read.
class onlooker {
 public:
  explicit onlooker(const std::string& bus) {
    const auto files = *readings_on(bus).files();
    REQUIRE(eventually([&] { return lv::exists(files.file("ring")); }));
    auto lock = lv::detail::lock_topic(files, false);
    REQUIRE(lock);
    auto opened = lv::detail::segment::open(files, lv::detail::side::subscriber);
    REQUIRE(opened);
    segment_ = *std::move(opened);
  }
  [[nodiscard]] std::uint64_t head() const { return segment_.view().control->head.acquire(); }
  [[nodiscard]] std::uint64_t capacity() const { return segment_.view().measure.capacity; }
  /// Events that the guard has read.
  [[nodiscard]] std::uint64_t position() const {
    for (std::size_t i = 0; i < lv::most_subscribers; ++i)
      if (const auto& c = segment_.view().cursor(i); lv::detail::load_name(c).view() == box::guard_name)
        return c.position.acquire();
    return 0;
  }

 private:
  lv::detail::segment segment_;
};

/// Rows of a minute each: normal noise around 10, and around 30 from `step` on.
std::vector<std::string> rows(int n, int step, bool iso = false) {
  support::random r{1};
  std::vector<std::string> all;
  for (int i = 0; i < n; ++i) {
    char row[64];
    const double value = r.normal(i < step ? 10 : 30, 1);
    if (iso)
      std::snprintf(row, sizeof row, "1970-01-%02d %02d:%02d:00,%.4f", 1 + i / 1440, i / 60 % 24, i % 60, value);
    else
      std::snprintf(row, sizeof row, "%d,%.4f", i * 60, value);
    all.push_back(row);
  }
  return all;
}
std::string csv(const std::vector<std::string>& rows, const std::string& end = "\n") {
  std::string all = "timestamp,value";
  for (const std::string& row : rows) all += end + row;
  return all + end;
}

}  // namespace

// ---- the main job -----------------------------------------------------------------------------------------------------------

TEST_CASE("box: two processes, and a summary with every member as the last line") {
  const scratch here;
  const auto r = run("--seconds", "3", "--json");
  CHECK(r.code == 0);
  const std::string n = "-?[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?";
  const std::regex whole("\\{\"seconds\":" + n + ",\"processes\":2,\"events\":" + n + ",\"windows\":" + n + ",\"alerts\":" + n +
                         ",\"dropped\":0,\"late\":" + n + ",\"latency_us\":\\{\"p50\":" + n + ",\"p99\":" + n + ",\"max\":" + n +
                         "\\},\"rss_kib\":\\{\"probe\":" + n + ",\"guard\":" + n + "\\},\"cpu_percent\":\\{\"probe\":" + n +
                         ",\"guard\":" + n + "\\}\\}");
  const std::string summary = last_line(r.out);
  CAPTURE(summary);
  REQUIRE(std::regex_match(summary, whole));
  CHECK(number(summary, "seconds") >= 3);
  CHECK(number(summary, "events") > 2000);
  CHECK(number(summary, "windows") > 300);
  CHECK(number(summary, "latency_us.p50") > 0);
  CHECK(number(summary, "latency_us.p50") <= number(summary, "latency_us.p99"));
  CHECK(number(summary, "latency_us.p99") <= number(summary, "latency_us.max"));
  CHECK(number(summary, "rss_kib.probe") > 0);
  CHECK(number(summary, "rss_kib.guard") > 0);
  CHECK(std::filesystem::exists("alerts.jsonl"));
  CHECK(!contains(r.out, "\033"));
  CHECK(contains(r.err, "the probe is here"));
}

TEST_CASE("box: on a terminal it draws a table, and never wraps a line of it") {
  const scratch here;
  program p(command("--seconds", "2"), program::output::terminal);
  CHECK(p.end() == 0);
  CHECK(contains(p.out(), "\033[H"));
  CHECK(contains(p.out(), "timer.late_us"));
  CHECK(contains(p.out(), "s left"));
  CHECK(contains(p.out(), "\033[?7l"));
  CHECK(p.out().rfind("\033[?7h") > p.out().rfind("\033[?7l"));  // the terminal is left as it was

  program quiet(command("--seconds", "1", "--quiet"), program::output::terminal);
  CHECK(quiet.end() == 0);
  CHECK(!contains(quiet.out(), "\033"));
}

// Slow, and of no use on a machine that others keep busy: set LEVADA_SLOW to run it.
TEST_CASE("box --disturb: an alert of a processor follows half time" * doctest::skip(std::getenv("LEVADA_SLOW") == nullptr)) {
  const scratch here;
  const auto r = run("--seconds", "30", "--disturb");
  CHECK(r.code == 0);
  const std::regex raised("\"sensor\":\"(cpu[0-9]+\\.busy_percent|pressure\\.cpu_percent)\",\"state\":\"raised\"");
  const std::string after_half_time = r.out.substr(std::min(r.out.find("\n15 s:"), r.out.size()));
  CHECK_MESSAGE(std::regex_search(after_half_time, raised), r.out);
}

// ---- replay -----------------------------------------------------------------------------------------------------------------

TEST_CASE("replay: a step is one alert, raised and cleared, with the times of the rows") {
  const scratch here;
  write_file("step.csv", csv(rows(1000, 600)));
  const auto r = run("--replay", "step.csv", "--json");
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  CHECK(number(last_line(r.out), "processes") == 1);
  CHECK(number(last_line(r.out), "events") == 1000);
  CHECK(number(last_line(r.out), "windows") == 197);
  CHECK(number(last_line(r.out), "alerts") == 1);
  CHECK(contains(r.out, "\"latency_us\":{\"p50\":null"));
  const auto alerts = lines_of(read_file("alerts.jsonl"));
  REQUIRE(!alerts.empty());
  const std::regex line(
      R"(\{"time":"1970-01-01T1\d:\d\d:\d\d(\.\d+)?Z","sensor":"step","state":"raised","since":"[^"]+","value":[-.\de]+,)"
      R"("low":[-.\de]+,"high":[-.\de]+,"deviation":[-.\de]+\})");
  CHECK_MESSAGE(std::regex_match(alerts[0], line), alerts[0]);
  for (const std::string& one : alerts) CHECK(contains(r.out, one + "\n"));
}

TEST_CASE("replay: the same file gives the same bytes; so does the same file written otherwise") {
  const scratch here;
  const auto plain = rows(3000, 600);
  auto alerts_of = [](const std::string& text) {
    write_file("r.csv", text);
    CHECK(run("--replay", "r.csv").code == 0);
    return read_file("alerts.jsonl");
  };
  const std::string first = alerts_of(csv(plain));
  CHECK(contains(first, "raised"));
  CHECK(first == alerts_of(csv(plain)));
  CHECK(first == alerts_of(csv(plain, "\r\n")));
  CHECK(first == alerts_of(csv(rows(3000, 600, true))));  // ISO times
  std::string open_end = csv(plain);
  open_end.pop_back();
  CHECK(first == alerts_of(open_end));
  CHECK(first == alerts_of("\xEF\xBB\xBF" + csv(plain)));
}

TEST_CASE("replay: rows far apart are judged like rows close together") {
  const scratch here;
  std::string text = "timestamp,value\n";
  support::random r{1};
  for (int i = 0; i < 1000; ++i) text += std::to_string(i * 86400) + "," + std::to_string(r.normal(i < 600 ? 10 : 30, 1)) + "\n";
  write_file("days.csv", text);
  const auto end = run("--replay", "days.csv", "--json");
  CHECK(number(last_line(end.out), "windows") == 197);
  CHECK(number(last_line(end.out), "alerts") == 1);
}

TEST_CASE("replay: steps back in time are late, counted, and change nothing") {
  const scratch here;
  const auto good = rows(1000, 600);
  auto back = good;
  back.insert(back.begin() + 300, good.begin() + 100, good.begin() + 200);
  write_file("r.csv", csv(good));
  CHECK(run("--replay", "r.csv").code == 0);
  const std::string expected = read_file("alerts.jsonl");
  write_file("r.csv", csv(back));
  const auto r = run("--replay", "r.csv", "--json");
  CHECK(r.code == 0);
  CHECK(number(last_line(r.out), "events") == 1100);
  CHECK(number(last_line(r.out), "late") == 100);
  CHECK(read_file("alerts.jsonl") == expected);
}

TEST_CASE("replay: a machine that failed, with its steps back in time") {
  const char* named = std::getenv("LEVADA_DATA");
  const auto file = std::filesystem::absolute(named ? named : "../shared/data") /
                    "nab/data/realKnownCause/machine_temperature_system_failure.csv";
  if (!std::filesystem::exists(file)) {
    MESSAGE("skipped: there is no ", file.string());
    return;
  }
  const scratch here;
  const auto r = run("--replay", file.string(), "--json");
  CHECK(r.code == 0);
  CHECK(number(last_line(r.out), "events") == 22695);
  CHECK(number(last_line(r.out), "late") == 11);
  const std::string alerts = read_file("alerts.jsonl");
  CHECK(contains(alerts, "{\"time\":\"2013-12-16T"));  // the second failure of the data's description
  CHECK(contains(alerts, "{\"time\":\"2014-02-08T"));  // the catastrophic one
}

TEST_CASE("replay: what cannot be judged is one sentence and a code") {
  const scratch here;
  auto good = rows(1000, 2000);
  auto expect = [&](const std::string& file, int code, const std::string& words) {
    const auto r = run("--replay", file);
    CAPTURE(file);
    CHECK(r.code == code);
    CHECK_MESSAGE(contains(r.err, words), r.err);
    CHECK(lines_of(r.err).size() == 1);
    CHECK(r.err.starts_with("box: "));
  };
  write_file("time.csv", csv({good[0], good[1], "yesterday,1", good[2]}));
  expect("time.csv", 65, "'time.csv', line 4, column 'timestamp': 'yesterday' is not a time");
  write_file("value.csv", csv({good[0], "60,ten"}));
  expect("value.csv", 65, "line 3, column 'value'");
  good[700] = "42000";
  write_file("cells.csv", csv(good));
  expect("cells.csv", 65, "line 702");
  write_file("header.csv", "time,temperature\n1,2\n");
  expect("header.csv", 65, "line 1: there is no column 'timestamp'");
  write_file("long.csv", csv({good[0], "60," + std::string(200'000, '1')}));
  expect("long.csv", 65, "line 3");
  expect("missing.csv", 66, "cannot open 'missing.csv'");
  expect(".", 66, "Is a directory");
}

TEST_CASE("replay: a file without a header line is bad data") {
  const scratch here;
  for (const char* text : {"", "\n\n", "\xEF\xBB\xBF"}) {
    write_file("r.csv", text);
    const auto r = run("--replay", "r.csv");
    CHECK(r.code == 65);
    CHECK(r.err.find("names of the columns") != std::string::npos);
  }
}

TEST_CASE("replay: a file without rows has no alerts and is no fault") {
  const scratch here;
  for (const char* text : {"timestamp,value\n", "timestamp,value", "timestamp,value\r\n\r\n"}) {
    write_file("r.csv", text);
    const auto r = run("--replay", "r.csv", "--json");
    CHECK(r.code == 0);
    CHECK(number(last_line(r.out), "events") == 0);
    CHECK(read_file("alerts.jsonl").empty());
  }
}

TEST_CASE("graph: a picture instead of a run, and after a replay with what went through each operator") {
  const scratch here;
  write_file("r.csv", csv(rows(100, 10)));
  const auto guard = run("guard", "--graph", "mermaid");
  CHECK(guard.code == 0);
  CHECK(guard.out.starts_with("flowchart LR\n"));
  CHECK(guard.out.find("window recent") != std::string::npos);
  const auto probe = run("probe", "--graph");
  CHECK(probe.code == 0);
  CHECK(probe.out.find("digraph flow {") != std::string::npos);
  CHECK(probe.out.find("[label=\"timer_event\"]") != std::string::npos);
  const auto replay = run("--replay", "r.csv", "--graph", "json");
  CHECK(replay.code == 0);
  CHECK(replay.out.find(R"("kind":"key_by","name":"sensor","thread":0,"in":100,"out":100)") != std::string::npos);
  CHECK(run("guard", "--graph", "picture").code == 64);
}

// ---- usage and places -------------------------------------------------------------------------------------------------------

TEST_CASE("usage: help is no fault, and what makes no sense is one sentence and 64") {
  const scratch here;
  write_file("r.csv", csv(rows(10, 10)));
  CHECK(run("--help").code == 0);
  CHECK(run("probe", "--help").code == 0);
  const std::vector<std::string> senseless[] = {
      {"--unknown"},
      {"nonsense"},
      {"--rate", "0"},
      {"--rate", "-5"},
      {"--rate", "nan"},
      {"--rate", "fast"},
      {"--rate", "1e9"},
      {"--seconds", "-1"},
      {"--seconds", "nan"},
      {"--seconds"},
      {"--eco", "--fast"},
      {"probe", "guard"},
      {"probe", "--replay", "r.csv"},
      {"guard", "--replay", "r.csv"},
      {"probe", "--set", "guard.width=3"},
      {"--set", "guard.width"},
      {"--set", "guard.width="},
      {"--set", "guard.width=wide"},
      {"--set", "guard.width=3x"},
      {"--set", "guard.width=nan"},
      {"--set", "no.such.name=3"},
      {"--bus", "a/b"},
      {"--bus", ""},
      {"--bus", std::string(60, 'b')},
      {"--replay", "r.csv", "--alerts", "./r.csv"},
  };
  for (auto arguments : senseless) {
    std::string line;
    for (const std::string& a : arguments) line += " " + a;
    CAPTURE(line);
    arguments.insert(arguments.begin(), box_path());
    program p(arguments);
    CHECK(p.end() == 64);
    CHECK(p.out().empty());
    CHECK(lines_of(p.err()).size() == 1);
    CHECK(p.err().starts_with("box: "));
  }
  CHECK(!std::filesystem::exists("alerts.jsonl"));  // none of them touched a file
  CHECK(read_file("r.csv") == csv(rows(10, 10)));
}

TEST_CASE("usage: --set reaches the flow") {
  const scratch here;
  write_file("step.csv", csv(rows(1000, 600)));
  CHECK(contains(run("--replay", "step.csv").out, " 1 alerts"));
  CHECK(contains(run("--replay", "step.csv", "--set", "guard.width=1000").out, " 0 alerts"));
}

TEST_CASE("places: an alerts file that cannot be written ends the box with a sentence") {
  const scratch here;
  write_file("step.csv", csv(rows(1000, 600)));
  CHECK(run("--replay", "step.csv", "--alerts", "/no/such/folder/a").code == 66);
  CHECK(run("--replay", "step.csv", "--alerts", "/").code == 66);
  if (std::filesystem::exists("/dev/full")) {
    const auto full = run("--replay", "step.csv", "--alerts", "/dev/full");
    CHECK(full.code == 73);
    CHECK(contains(full.err, "alerts are lost"));
    CHECK(contains(full.out, "\"state\":\"raised\""));  // they are told all the same
  }
  // Files of /sys that have no way to be written refuse even root.
  if (std::filesystem::exists("/sys/kernel/uevent_seqnum")) {
    const auto refused = run("--replay", "step.csv", "--alerts", "/sys/kernel/uevent_seqnum");
    CHECK(refused.code == 77);
    CHECK(contains(refused.err, "/sys/kernel/uevent_seqnum"));
  }
}

TEST_CASE("places: a LEVADA_DIR that is none is a sentence") {
  const scratch here;
  write_file("file", "");
  ::setenv("LEVADA_DIR", (here.folder() / "file").c_str(), 1);
  for (const std::string part : {"probe", "guard"}) {
    const auto r = run(part, "--seconds", "1");
    CHECK(r.code == 66);
    CHECK(contains(r.err, (here.folder() / "file").string()));
  }
  ::setenv("LEVADA_DIR", "/sys/levada", 1);
  const auto r = run("probe", "--seconds", "1");
  CHECK(r.code == 77);
  CHECK(contains(r.err, "/sys/levada"));
}

TEST_CASE("places: no room in shared memory is 73 and says what to do") {
  const scratch here;
  const auto small = here.folder() / "small";
  std::filesystem::create_directory(small);
  if (::mount("levada", small.c_str(), "tmpfs", 0, "size=512k") != 0) {
    MESSAGE("skipped: only root can mount a small place");
    return;
  }
  ::setenv("LEVADA_DIR", small.c_str(), 1);
  for (const std::string part : {"probe", "guard", "--quiet"}) {
    const auto r = run(part, "--seconds", "20");
    CAPTURE(part);
    CHECK(r.code == 73);
    CHECK(contains(r.err, "there is no room"));
  }
  ::umount2(small.c_str(), MNT_DETACH);
}

// ---- partners -----------------------------------------------------------------------------------------------------------------

TEST_CASE("partners: a guard without a probe ends with 69 and says what to start") {
  const scratch here;
  const auto r = run("guard", "--seconds", "0.5", "--bus", "alone");
  CHECK(r.code == 69);
  CHECK(contains(r.err, "box probe --bus alone"));
}

TEST_CASE("partners: a second probe, a second guard and a second box are refused, and disturb nobody") {
  const scratch here;
  program probe(command("probe", "--seconds", "0")), guard(command("guard", "--seconds", "0", "--json"));
  REQUIRE(guard.says("the probe is here"));
  REQUIRE(probe.says("the guard is here"));
  const auto second_probe = run("probe", "--seconds", "1");
  CHECK(second_probe.code == 69);
  CHECK(contains(second_probe.err, "already has a publisher (pid " + std::to_string(probe.pid()) + ")"));
  const auto second_guard = run("guard", "--seconds", "1");
  CHECK(second_guard.code == 69);
  CHECK(contains(second_guard.err, "guard"));
  const auto second_box = run("--seconds", "1");
  CHECK(second_box.code == 69);
  CHECK(contains(second_box.err, "is in use"));
  guard.kill(SIGTERM);
  CHECK(guard.end() == 0);
  CHECK(number(last_line(guard.out()), "dropped") == 0);
  CHECK(lines_of(guard.err()).size() == 1);
  probe.kill(SIGTERM);
  CHECK(probe.end() == 0);
}

namespace elsewhere {
struct reading {  // an older version: no sensor
  lv::timestamp time;
  double value;
};
}  // namespace elsewhere

TEST_CASE("partners: another schema on the topic is 65 and says what differs") {
  const scratch here;
  auto other = lv::publisher<elsewhere::reading>::open(
      lv::topic<elsewhere::reading>{lv::bus{"box"}, box::readings_topic, {.capacity = 64}});
  REQUIRE(other);
  for (const std::string part : {"probe", "guard"}) {
    const auto r = run(part, "--seconds", "1");
    CAPTURE(r.err);
    CHECK(r.code == 65);
    CHECK(contains(r.err, "sensor"));
  }
}

TEST_CASE("partners: SIGTERM and SIGINT end either, with 0 and the summary") {
  const scratch here;
  for (const int signal : {SIGTERM, SIGINT}) {
    program probe(command("probe", "--seconds", "0")), guard(command("guard", "--seconds", "0", "--json"));
    REQUIRE(probe.says("the guard is here"));
    REQUIRE(guard.says("the probe is here"));
    guard.kill(signal);
    CHECK(guard.end() == 0);
    CHECK(number(last_line(guard.out()), "events") > 0);
    CHECK(probe.says("the guard is gone"));
    probe.kill(signal);
    CHECK(probe.end() == 0);
  }
  program both(command("--seconds", "0", "--json", "--bus", "both"));
  REQUIRE(both.says("the probe is here (process "));
  const int probe_pid = std::atoi(both.err().c_str() + both.err().find("(process ") + 9);
  both.kill(SIGINT);
  CHECK(both.end() == 0);
  CHECK(number(last_line(both.out()), "processes") == 2);
  CHECK(::kill(probe_pid, 0) != 0);  // it went with its guard
}

TEST_CASE("kill -9 of the guard: the probe lives on, and the next guard judges every reading that the first had not read") {
  const scratch here;
  program probe(command("probe", "--seconds", "0"));
  const onlooker topic("box");
  std::uint64_t read = 0;
  {
    program guard(command("guard", "--seconds", "0"));
    REQUIRE(probe.says("the guard is here"));
    REQUIRE(eventually([&] { return topic.position() > 500; }));
    guard.kill(SIGKILL);
    CHECK(guard.end() == 128 + SIGKILL);
    read = topic.position();
  }
  CHECK(probe.says("box probe: the guard is gone; the probe goes on"));
  const std::uint64_t without = topic.head() + 500;
  REQUIRE(eventually([&] { return topic.head() > without; }));
  CHECK(topic.position() == read);

  program guard(command("guard", "--seconds", "0", "--json"));
  REQUIRE(guard.says("the probe is here"));
  probe.kill(SIGTERM);
  CHECK(probe.end() == 0);
  CHECK(guard.says("the probe is gone; what it published is judged"));
  const std::uint64_t all = topic.head();
  REQUIRE(eventually([&] { return topic.position() == all; }));
  guard.kill(SIGTERM);
  CHECK(guard.end() == 0);
  CHECK(number(last_line(guard.out()), "events") == static_cast<double>(all - read));
  CHECK(number(last_line(guard.out()), "dropped") == 0);
  CHECK(number(last_line(guard.out()), "late") == 0);
}

TEST_CASE("kill -9 of the guard: what is overwritten before the next one comes is counted, exactly") {
  const scratch here;
  program probe(command("probe", "--seconds", "0", "--rate", "20000", "--fast"));
  const onlooker topic("box");
  run("guard", "--seconds", "0.3");
  const std::uint64_t read = topic.position(), first = topic.head();
  REQUIRE(eventually([&] { return topic.head() > first + topic.capacity() + 5000; }));
  probe.kill(SIGTERM);
  CHECK(probe.end() == 0);
  const std::uint64_t all = topic.head();

  program guard(command("guard", "--seconds", "0", "--json"));
  REQUIRE(eventually([&] { return topic.position() == all; }));
  CHECK(guard.says("readings were overwritten before this guard came back"));
  guard.kill(SIGTERM);
  CHECK(guard.end() == 0);
  const std::string summary = last_line(guard.out());
  CHECK(number(summary, "dropped") > 0);
  CHECK(number(summary, "events") + number(summary, "dropped") == static_cast<double>(all - read));
}

TEST_CASE("kill -9 of the probe: the guard lives on and goes on with the next one; sequences have no gap, the epoch grows") {
  const scratch here;
  auto watching = lv::subscriber<box::reading>::open(readings_on("box"));
  REQUIRE(watching);
  std::uint64_t watched = 0;
  std::map<std::uint32_t, std::uint64_t> of_epoch;
  std::map<std::string, lv::timestamp> newest;
  bool forward = true;
  auto watch = [&] {
    while (const auto turn = watching->read()) {
      for (const auto& r : turn.events) {
        auto& before = newest[std::string(r.sensor.view())];
        forward &= before <= r.time;
        before = r.time;
      }
      watched += turn.events.size();
      of_epoch[watching->epoch()] += turn.events.size();
      watching->release(turn.events.size());
    }
    return watched;
  };
  const onlooker topic("box");
  program guard(command("guard", "--seconds", "0", "--json"));
  {
    program probe(command("probe", "--seconds", "0"));
    REQUIRE(guard.says("the probe is here (process " + std::to_string(probe.pid()) + ")"));
    REQUIRE(eventually([&] { return watch() > 500; }));
    probe.kill(SIGKILL);
    probe.end();
  }
  CHECK(guard.says("the probe is gone; what it published is judged, and the guard waits for another: start it with 'box probe'"));
  const std::uint64_t first_life = topic.head();
  CHECK(watch() == first_life);

  program probe(command("probe", "--seconds", "0"));
  CHECK(guard.says("the probe is here (process " + std::to_string(probe.pid()) + ")"));
  REQUIRE(eventually([&] { return watch() > first_life + 500; }));
  probe.kill(SIGTERM);
  CHECK(probe.end() == 0);
  REQUIRE(eventually([&] { return topic.position() == topic.head(); }));
  guard.kill(SIGTERM);
  CHECK(guard.end() == 0);

  CHECK(watch() == topic.head());  // each sequence once
  CHECK(watching->position() == watched);
  CHECK(number(last_line(guard.out()), "events") == static_cast<double>(watched));
  CHECK(number(last_line(guard.out()), "dropped") == 0);
  CHECK(forward);
  REQUIRE(of_epoch.size() == 2);
  CHECK(of_epoch.begin()->second == first_life);
  CHECK(of_epoch.begin()->first < of_epoch.rbegin()->first);
}

TEST_CASE("kill -9 of the probe that box started: box says so, and goes on with one started by hand") {
  const scratch here;
  program both(command("--seconds", "0", "--json", "--bus", "mine"));
  REQUIRE(both.says("the probe is here (process "));
  ::kill(std::atoi(both.err().c_str() + both.err().find("(process ") + 9), SIGKILL);
  CHECK(both.says("start it with 'box probe --bus mine'"));
  program probe(command("probe", "--seconds", "0", "--bus", "mine"));
  CHECK(both.says("the probe is here (process " + std::to_string(probe.pid()) + ")"));
  CHECK(probe.says("the guard is here"));
  both.kill(SIGTERM);
  CHECK(both.end() == 0);
  CHECK(number(last_line(both.out()), "processes") == 2);
  CHECK(probe.says("the guard is gone"));
  probe.kill(SIGTERM);
  CHECK(probe.end() == 0);
}

TEST_CASE("a guard that stands still holds the probe back; nothing is lost, and the probe still hears a SIGTERM") {
  const scratch here;
  program probe(command("probe", "--seconds", "0", "--rate", "20000", "--fast")),
      guard(command("guard", "--seconds", "0", "--json"));
  const onlooker topic("box");
  REQUIRE(eventually([&] { return topic.position() > 100; }));
  guard.kill(SIGSTOP);
  REQUIRE(eventually([&] { return topic.head() - topic.position() == topic.capacity(); }));
  probe.kill(SIGTERM);
  CHECK(probe.end() == 0);
  guard.kill(SIGCONT);
  const std::uint64_t all = topic.head();
  REQUIRE(eventually([&] { return topic.position() == all; }));
  guard.kill(SIGTERM);
  CHECK(guard.end() == 0);
  CHECK(number(last_line(guard.out()), "events") == static_cast<double>(all));
  CHECK(number(last_line(guard.out()), "dropped") == 0);
}
