// SPDX-License-Identifier: BSL-1.0
#include <levada/state/parameter.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lv = levada;

namespace {
std::map<std::string, double> listed() {
  std::map<std::string, double> all;
  lv::for_each_parameter([&](std::string_view name, double value) { all[std::string(name)] = value; });
  return all;
}
/// Sets and adopts; what the parameter says then, or the exit code of the refusal.
template <class T>
void takes(std::string_view name, const lv::parameter<T>& p, double value) {
  CAPTURE(name);
  CAPTURE(value);
  const auto set = lv::set_parameter(name, value);
  CHECK(set);
  lv::adopt_parameters();
  CHECK(static_cast<double>(p.value()) == value);
  CHECK(listed().at(std::string(name)) == value);
}
template <class T>
void refuses(std::string_view name, const lv::parameter<T>& p, double value) {
  CAPTURE(name);
  CAPTURE(value);
  const T before = p;
  const auto set = lv::set_parameter(name, value);
  REQUIRE(!set);
  CHECK(set.error().kind == lv::failure::data);
  CHECK(set.error().sentence.view().find(name) != std::string_view::npos);
  lv::adopt_parameters();
  CHECK(p.value() == before);
}
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();
}  // namespace

TEST_CASE("a parameter begins with its value, and a change is taken over when the flow says so") {
  const auto limit = lv::parameter("test.limit", 0.5);
  CHECK(limit == 0.5);
  CHECK(lv::set_parameter("test.limit", 0.75));
  CHECK(limit == 0.5);
  lv::adopt_parameters();
  CHECK(limit == 0.75);
  lv::adopt_parameters();
  CHECK(limit == 0.75);
}

TEST_CASE("two of one name and type are one, and the later default does not undo what was set") {
  const auto a = lv::parameter("test.shared", 1);
  CHECK(lv::set_parameter("test.shared", 5));
  lv::adopt_parameters();
  const auto b = lv::parameter("test.shared", 2);
  CHECK(b == 5);
  CHECK(a == 5);
}

TEST_CASE("an unknown name is refused in a sentence") {
  const auto set = lv::set_parameter("test.no such thing", 1);
  REQUIRE(!set);
  CHECK(set.error().kind == lv::failure::usage);
  CHECK(set.error().sentence.view().find("test.no such thing") != std::string_view::npos);
}

TEST_CASE("every type takes what it can hold and refuses the rest") {
  const lv::parameter small("test.int8", std::int8_t{-1});
  CHECK(listed().at("test.int8") == -1);
  for (double v : {-128.0, 0.0, 127.0, -1.0}) takes("test.int8", small, v);
  for (double v : {-129.0, 128.0, 0.5, not_a_number, infinite, -infinite, 1e300}) refuses("test.int8", small, v);

  const lv::parameter byte("test.uint8", std::uint8_t{200});
  for (double v : {0.0, 255.0}) takes("test.uint8", byte, v);
  for (double v : {-1.0, 256.0, -0.5, not_a_number}) refuses("test.uint8", byte, v);

  const lv::parameter large("test.int64", std::int64_t{-5});
  for (double v : {-0x1p63, 0x1p62, 9007199254740993.0}) takes("test.int64", large, v);
  for (double v : {0x1p63, -0x1.0000000000001p63, infinite}) refuses("test.int64", large, v);

  const lv::parameter unsigned_large("test.uint64", std::uint64_t{5});
  for (double v : {0.0, 0x1p63, 0x1.fffffffffffffp63}) takes("test.uint64", unsigned_large, v);
  for (double v : {-1.0, 0x1p64}) refuses("test.uint64", unsigned_large, v);

  const lv::parameter flag("test.bool", false);
  for (double v : {1.0, 0.0, 1.0}) takes("test.bool", flag, v);
  for (double v : {2.0, -1.0, 0.5, not_a_number}) refuses("test.bool", flag, v);

  const lv::parameter single("test.float", 0.5f);
  for (double v : {-2.5, 0.0, 0x1.fffffep127, infinite}) takes("test.float", single, v);
  for (double v : {1e39, -1e300}) refuses("test.float", single, v);

  const lv::parameter whole("test.double", 0.5);
  for (double v : {-2.5, 1e300, -infinite, 5e-324}) takes("test.double", whole, v);
}

TEST_CASE("a float takes the nearest value") {
  const lv::parameter single("test.nearest", 0.5f);
  CHECK(lv::set_parameter("test.nearest", 0.1));
  lv::adopt_parameters();
  CHECK(single == 0.1f);
}

TEST_CASE("all are listed") {
  const lv::parameter a("test.listed", -3);
  CHECK(listed().at("test.listed") == -3);
}

TEST_CASE("a name of 63 bytes is the longest") {
  const std::string name(63, 'n');
  const lv::parameter p(name, 1);
  takes(name, p, 2);
  CHECK(!lv::set_parameter(std::string(64, 'n'), 3));
}

TEST_CASE("one thread sets while another adopts and reads: every value was set once, and the last one arrives") {
  const lv::parameter p("test.threads", std::uint64_t{0});
  std::atomic<bool> done = false;
  std::uint64_t last = 0;
  bool grew = true;
  std::thread reader([&] {
    for (bool final = false; !final;) {
      final = done.load();
      lv::adopt_parameters();
      const std::uint64_t now = p;
      grew = grew && now >= last;
      last = now;
    }
  });
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    const auto set = lv::set_parameter("test.threads", static_cast<double>(i));
    if (!set) std::abort();
  }
  done = true;
  reader.join();
  CHECK(grew);
  CHECK(last == 20'000);
}

TEST_CASE("threads that drive flows have values of their own, each taken over at its own time") {
  const lv::parameter p("test.copies", 1);
  REQUIRE(lv::set_parameter("test.copies", 2));
  lv::adopt_parameters();
  int before = 0, after = 0;
  std::thread other([&] {
    const lv::parameter_copy own;
    before = p;
    CHECK(lv::set_parameter("test.copies", 3));
    std::thread([&] {
      const lv::parameter_copy third;
      lv::adopt_parameters();
      CHECK(p == 3);
    }).join();
    CHECK(p == 2);  // not yet: this thread may be in the middle of a span
    lv::adopt_parameters();
    after = p;
  });
  other.join();
  CHECK(before == 2);
  CHECK(after == 3);
  CHECK(p == 3);  // nobody who drives nothing sees an older value than a flow that has ended
}

TEST_CASE("several copies on a thread are one, whichever goes first") {
  const lv::parameter p("test.several", 1);
  std::thread([&] {
    std::optional<lv::parameter_copy> first(std::in_place), second(std::in_place);
    first.reset();
    CHECK(lv::set_parameter("test.several", 2));
    std::thread([] { lv::adopt_parameters(); }).join();  // of another thread, which drives nothing
    CHECK(p == 1);
    second.reset();
    CHECK(p == 2);
  }).join();
}

TEST_CASE("more threads than places share the values of those that drive nothing") {
  const lv::parameter p("test.crowd", 1);
  std::vector<std::thread> all;
  std::barrier meet(70);
  for (int i = 0; i < 70; ++i)
    all.emplace_back([&] {
      const lv::parameter_copy own;
      meet.arrive_and_wait();
      CHECK(p == 1);
      meet.arrive_and_wait();
    });
  for (auto& t : all) t.join();
}
