// SPDX-License-Identifier: BSL-1.0
#include <levada/os/thread.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

namespace lv = levada;

namespace {

std::string own_name() {
  std::array<char, 32> name{};
  ::pthread_getname_np(::pthread_self(), name.data(), name.size());
  return name.data();
}
cpu_set_t own_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CHECK(::sched_getaffinity(0, sizeof set, &set) == 0);
  return set;
}

}  // namespace

TEST_CASE("a thread calls its body once, elsewhere, and is over when it is joined") {
  int calls = 0;
  pid_t where = 0;
  auto body = [&] {
    ++calls;
    where = ::gettid();
  };
  auto made = lv::thread::start(body);
  REQUIRE(made);
  lv::thread t = *std::move(made);
  CHECK(static_cast<bool>(t));
  t.join();
  CHECK_FALSE(static_cast<bool>(t));
  t.join();  // of no effect
  CHECK(calls == 1);
  CHECK(where != ::gettid());
}

TEST_CASE("its end is waited for when its object goes, is moved over, or was never there") {
  bool first = false, second = false;
  auto one = [&] {
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    first = true;
  };
  auto two = [&] {
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    second = true;
  };
  {
    lv::thread none;
    lv::thread t = *lv::thread::start(one);
    t = *lv::thread::start(two);
    CHECK(first);
    lv::thread moved = std::move(t);
    CHECK_FALSE(static_cast<bool>(t));
    CHECK(static_cast<bool>(moved));
  }
  CHECK(second);
}

TEST_CASE("it has the name it was given, as much of it as the system keeps") {
  for (const auto& [given, kept] : {std::pair<std::string_view, std::string_view>{"sum", "sum"},
                                    {"a name of more than 15", "a name of more "},
                                    {"fifteen letters", "fifteen letters"}}) {
    // The maker names it, maybe after it has begun: it asks until it sees the name.
    std::string seen;
    auto body = [&seen, expected = kept] {
      for (int i = 0; i < 1'000'000 && seen != expected; ++i) seen = own_name(), std::this_thread::yield();
    };
    lv::thread t = *lv::thread::start(body, given);
    t.join();
    CHECK(seen == kept);
  }
}

TEST_CASE("it runs on the core that is named, from its first instruction on, or on any") {
  const cpu_set_t usable = own_cores();
  CHECK(static_cast<unsigned>(CPU_COUNT(&usable)) == lv::usable_cores());
  CHECK(lv::usable_cores() >= 1);
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(static_cast<std::size_t>(core), &usable)) continue;
    int where = -1, cores = 0;
    auto body = [&] {
      where = ::sched_getcpu();
      const cpu_set_t mine = own_cores();
      cores = CPU_COUNT(&mine);
    };
    auto made = lv::thread::start(body, "pinned", core);
    REQUIRE(made);
    made->join();
    CHECK(where == core);
    CHECK(cores == 1);
  }
  cpu_set_t mine;
  auto body = [&] { mine = own_cores(); };
  lv::thread::start(body)->join();
  CHECK(CPU_EQUAL(&mine, &usable));
}

TEST_CASE("a core that is not there, or not ours, is refused in words, and the body is not called") {
  bool called = false;
  auto body = [&] { called = true; };
  for (const int core : {CPU_SETSIZE - 1, CPU_SETSIZE, 1'000'000}) {
    const auto made = lv::thread::start(body, "far", core);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == lv::failure::unavailable);
    CHECK(made.error().sentence.view().starts_with("thread 'far' cannot run on core " + std::to_string(core) +
                                                   ": this process may not use it"));
  }
  CHECK_FALSE(called);
}

TEST_CASE("a thread that is pinned to one core does not take the others from the process") {
  unsigned seen = 0;
  auto body = [&] { seen = lv::usable_cores(); };
  const cpu_set_t usable = own_cores();
  int first = 0;
  while (!CPU_ISSET(static_cast<std::size_t>(first), &usable)) ++first;
  lv::thread::start(body, "one", first)->join();
  CHECK(seen == lv::usable_cores());
}
