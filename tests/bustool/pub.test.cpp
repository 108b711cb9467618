// SPDX-License-Identifier: BSL-1.0
#include "common.hpp"

#include <levada/wire/json.hpp>

#include <doctest/doctest.h>

#include <cmath>

namespace {
/// A subscriber that makes the topic, and what pub brought it.
class receiver {
 public:
  receiver() : from_(std::move(*lv::subscriber<reading>::open(press()))) {}
  std::vector<reading> all() {
    std::vector<reading> events;
    for (auto turn = from_.read(); turn; turn = from_.read()) {
      events.insert(events.end(), turn.events.begin(), turn.events.end());
      from_.release(turn.events.size());
    }
    return events;
  }

 private:
  lv::subscriber<reading> from_;
};
}  // namespace

TEST_CASE("pub: what tap prints comes back as it was") {
  const scratch here;
  receiver to;
  const auto r = run_with_input(json_of(1) + "\n\n  \n" + json_of(2) + "\r\n" + json_of(3), "pub", "plant/press/1");
  CHECK(r.code == 0);
  CHECK(r.out.empty());
  CHECK(r.err.empty());
  const auto events = to.all();
  REQUIRE(events.size() == 3);
  for (int i = 0; i < 3; ++i) {
    char room[512];
    CHECK(*lv::to_json(events[static_cast<std::size_t>(i)], room) == json_of(i + 1));
  }
}

TEST_CASE("pub: members in any order, none at all, by number, with escapes and all digits") {
  const scratch here;
  receiver to;
  const auto r = run_with_input(R"({"value":1e-7,"now":0,"time":12.000000001}
{}
{"sensor":"\u00e4\"\n","value":null,"axes":[-2147483648,0,2147483647]}
{"corners":[{"y":2}],"corners.1.x":4,"good":false}
)",
                                "pub", "plant/press/1");
  CHECK_MESSAGE(r.code == 0, r.err);
  const auto events = to.all();
  REQUIRE(events.size() == 4);
  CHECK(events[0].value == 1e-7);
  CHECK(events[0].now == state::idle);
  CHECK(events[0].time.ns == 12'000'000'001);
  CHECK(events[1].sensor.empty());
  CHECK(events[1].value == 0);
  CHECK(events[2].sensor.view() == "\xC3\xA4\"\n");
  CHECK(std::isnan(events[2].value));
  CHECK(events[2].axes[0] == INT32_MIN);
  CHECK(events[2].axes[2] == INT32_MAX);
  CHECK(events[3].corners[0].y == 2);
  CHECK(events[3].corners[1].x == 4);
}

TEST_CASE("pub: a line that is no event is named, what stood before it is published, and nothing behind it") {
  const scratch here;
  receiver to;
  const auto refused = [](const std::string& line, const std::string& sentence) {
    return refuses(run_with_input("{}\n" + line + "\n{}\n", "pub", "plant/press/1"), 65, "line 2: " + sentence);
  };
  CHECK(refused(R"({"valu":1})", "the events have no member 'valu'; they have time, sensor, value,"));
  CHECK(refused(R"({"value":"1"})", "member 'value' is of kind floating, and a string came"));
  CHECK(refused(R"({"value":true})", "member 'value' is of kind floating, and a boolean came"));
  CHECK(refused(R"({"good":1})", "member 'good' is of kind boolean, and a number came"));
  CHECK(refused(R"({"sensor":null})", "member 'sensor' is of kind text, and null came"));
  CHECK(refused(R"({"sensor":"more than fifteen"})", "member 'sensor': 'more than fifteen' is longer than the 15 bytes"));
  CHECK(refused(R"({"now":"flying"})", "member 'now': 'flying' is not a value of the enumeration"));
  CHECK(refused(R"({"time":"2026-02-30"})", "member 'time': '2026-02-30' is not a time"));
  CHECK(refused(R"({"axes":[1,2]})", "member 'axes' has 3 elements, and 2 came"));
  CHECK(refused(R"({"axes":[1,2,3,4]})", "member 'axes' has only 3 elements"));
  CHECK(refused(R"({"axes":[1,2.5,3]})", "member 'axes': '2.5' is not a whole number"));
  CHECK(refused(R"({"axes":[1,2147483648,3]})", "member 'axes': '2147483648' is too large or too small"));
  CHECK(refused(R"({"axes":[[1],2,3]})", "the events have no member 'axes.0'"));
  CHECK(refused(R"({"axes":1})", "member 'axes' is an array"));
  CHECK(refused(R"({"value":[1]})", "member 'value' is no array"));
  CHECK(refused(R"({"value":{"x":1}})", "member 'value' is no object"));
  CHECK(refused(R"({"corners":1})", "member 'corners' is an object or an array"));
  CHECK(refused(R"({"corners":[{},{},{}]})", "the events have no member 'corners.2'"));
  CHECK(refused(R"({"value":1,"value":2})", "member 'value' came twice"));
  CHECK(refused(R"({"axes":[1,2,3],"axes":[1,2,3]})", "member 'axes' came twice"));
  CHECK(refused(R"({"value":1} {})", "is no JSON"));
  CHECK(refused(R"({"value":1)", "is no JSON"));
  CHECK(refused(R"({"value":1e999})", "is no JSON"));
  CHECK(refused("[1]", "is no JSON object"));
  CHECK(refused("1", "is no JSON object"));
  CHECK(to.all().size() == 25);
}

TEST_CASE("pub: the topic must exist, and have no publisher") {
  const scratch here;
  CHECK(refuses(run_with_input("{}\n", "pub", "plant/press/1"), 69, "topic 'press/1' is not there"));
  const auto p = publisher_of(press(), 0);
  CHECK(refuses(run_with_input("{}\n", "pub", "plant/press/1"), 69,
                "topic 'press/1' already has a publisher (pid " + own_pid() + ")"));
}

TEST_CASE("pub: it waits for a subscriber that does not read, and says so") {
  const scratch here;
  auto slow = lv::subscriber<reading>::open(press());
  REQUIRE(slow);
  std::string input;
  for (int i = 0; i < 1030; ++i) input += "{}\n";
  write_file("input", input);
  program pub({"/bin/sh", "-c", "exec \"$0\" pub plant/press/1 < input", tool_path()});
  CHECK(pub.says("the ring is full, and a subscriber does not read"));
  std::uint64_t n = 0;
  CHECK(eventually([&] {
    const auto events = slow->read().events.size();
    slow->release(events);
    return (n += events) == 1030;
  }));
  CHECK(pub.end() == 0);
}
