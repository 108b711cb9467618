// SPDX-License-Identifier: BSL-1.0
#include <levada/state/slot.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lv = levada;

namespace {
/// It knows how many of its kind there are, and whether it was torn: all members say the same.
struct table {
  static inline std::atomic<int> alive = 0;
  std::array<std::uint64_t, 64> numbers{};

  explicit table(std::uint64_t n) {
    numbers.fill(n);
    ++alive;
  }
  table(table&& other) noexcept : numbers(other.numbers) { ++alive; }
  ~table() {
    numbers.fill(0);  // who looks at it now sees it
    --alive;
  }
  [[nodiscard]] bool is_whole(std::uint64_t n) const {
    bool same = true;
    for (const std::uint64_t one : numbers) same &= one == n;
    return same;
  }
};

/// Runs f on a thread of its own, which drives flows.
void driving(auto&& f) {
  std::thread([&] {
    const lv::parameter_copy own;
    f();
  }).join();
}
std::map<std::string, std::uint64_t> listed() {
  std::map<std::string, std::uint64_t> all;
  lv::for_each_slot([&](std::string_view name, std::uint64_t version) { all[std::string(name)] = version; });
  return all;
}
}  // namespace

TEST_CASE("a slot begins with its value; a new one is taken over when the thread's turn begins, with its version") {
  driving([] {
    lv::slot<int> limit{"test.limit", 5, 1};
    CHECK(*limit == 5);
    CHECK(limit.now().version() == 1);
    limit.put(6, 2);
    CHECK(*limit == 5);
    CHECK(limit.now().version() == 1);
    CHECK(*limit.newest() == 6);
    lv::adopt_parameters();
    CHECK(*limit == 6);
    CHECK(limit.now().version() == 2);
    CHECK(listed().at("test.limit") == 2);
  });
}

TEST_CASE("two slots of one name and type are one, and the later one's value does not undo what was put") {
  driving([] {
    lv::slot a{"test.shared", table(1), 1};
    a.put(table(2), 2);
    lv::adopt_parameters();
    const lv::slot b{"test.shared", table(3), 3};
    CHECK(b->is_whole(2));
    CHECK(&*a == &*b);
  });
}

TEST_CASE("a value that was replaced is freed by the one who puts, as soon as no thread looks at it") {
  const int before = table::alive;
  driving([&] {
    lv::slot place{"test.freed", table(0)};
    CHECK(place->is_whole(0));
    for (std::uint64_t v = 1; v <= 100; ++v) {
      place.put(table(v), v);
      CHECK(place->is_whole(0));          // its turn is not over
      CHECK(table::alive - before == 2);  // the one that it looks at, and the newest
    }
    lv::adopt_parameters();
    CHECK(place->is_whole(100));
    CHECK(table::alive - before == 2);  // a turn frees nothing
    CHECK(place.collect() == 1);
    CHECK(table::alive - before == 1);
  });
}

TEST_CASE("a thread that has ended, or drives flows and never asked, keeps nothing") {
  const int before = table::alive;
  lv::slot place{"test.ended", table(0)};
  driving([&] {
    driving([&] {
      CHECK(place->is_whole(0));
      place.put(table(1), 1);
      CHECK(place.collect() == 2);
    });
    CHECK(place.collect() == 1);  // this one drives flows as well
    CHECK(table::alive - before == 1);
  });
}

TEST_CASE("what a thread without a place of its own has seen stays") {
  const int before = table::alive;
  lv::slot place{"test.nobody", table(0)};
  const table& first = *place;
  const table* second = nullptr;
  place.put(table(1), 1);
  std::thread([&] {
    lv::adopt_parameters();
    second = &*place;
  }).join();
  place.put(table(2), 2);
  CHECK(place.collect() == 3);
  CHECK(first.is_whole(0));
  CHECK(second->is_whole(1));
  CHECK(table::alive - before == 3);
}

TEST_CASE("a holder keeps a value for as long as it likes, and may put it back") {
  const int before = table::alive;
  driving([&] {
    lv::slot place{"test.back", table(1), 1};
    {
      const auto good = place.newest();
      place.put(table(2), 2);
      CHECK(place.collect() == 1);
      CHECK(good->is_whole(1));
      CHECK(good.version() == 1);
      CHECK(place->is_whole(2));
      place.put(good);
      lv::adopt_parameters();
      CHECK(place.now().version() == 1);
      CHECK(place->is_whole(1));
    }
    CHECK(place.collect() == 1);
    CHECK(table::alive - before == 1);
  });
}

TEST_CASE(
    "threads that drive come and go while two put and one collects: every value is whole, and none but the newest is left") {
  const int before = table::alive;
  lv::slot place{"test.come.and.go", table(0)};
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<std::uint64_t> version = 0;
  std::vector<std::thread> all;
  for (int i = 0; i < 2; ++i)
    all.emplace_back([&] {
      for (int turns = 0; turns < 300; ++turns) {
        const lv::parameter_copy own;
        for (int k = 0; k < 3; ++k) {
          lv::adopt_parameters();
          const auto& now = place.now();
          torn += !now.value.is_whole(now.version());
        }
      }
    });
  for (int i = 0; i < 2; ++i)
    all.emplace_back([&] {
      while (!done) {
        const std::uint64_t v = ++version;
        place.put(table(v), v);
        if (v % 3 == 0) place.put(place.newest());
        std::this_thread::yield();
      }
    });
  all.emplace_back([&] {
    while (!done) {
      place.collect();
      std::this_thread::yield();
    }
  });
  all[0].join();
  all[1].join();
  done = true;
  for (std::size_t i = 2; i < all.size(); ++i) all[i].join();
  CHECK(torn == 0);
  CHECK(place.collect() == 1);
  CHECK(table::alive - before == 1);
}

TEST_CASE("what is put back again and again is there once") {
  lv::slot place{"test.again", table(1), 1};
  CHECK(place->is_whole(1));  // by a thread without a place: it stays
  const auto first = place.newest();
  place.put(table(2), 2);
  const auto second = place.newest();
  for (int i = 0; i < 10; ++i) {
    place.put(first);
    place.put(second);
  }
  CHECK(place.collect() == 2);
  CHECK(place.newest().version() == 2);
}

TEST_CASE("threads that read while others put: every value is whole, none goes backward, and all but the last are freed") {
  const int before = table::alive;
  lv::slot place{"test.race", table(0)};
  constexpr std::uint64_t puts = 3'000;
  std::atomic<std::uint64_t> put_by_now = 0;
  std::atomic<int> torn = 0, backward = 0, changed = 0;
  std::barrier begin(4);
  std::vector<std::thread> all;
  for (int i = 0; i < 3; ++i)
    all.emplace_back([&] {
      const lv::parameter_copy own;
      begin.arrive_and_wait();
      std::uint64_t last = 0;
      while (last < puts) {
        const std::uint64_t at_least = put_by_now;
        lv::adopt_parameters();
        const auto& now = place.now();
        const std::uint64_t version = now.version();
        backward += version < last || version < at_least;
        for (int k = 0; k < 4; ++k) {  // a turn
          torn += !place->is_whole(version);
          changed += &place.now() != &now;
        }
        last = version;
      }
    });
  begin.arrive_and_wait();
  for (std::uint64_t v = 1; v <= puts; ++v) {
    place.put(table(v), v);
    put_by_now = v;
  }
  for (auto& t : all) t.join();
  CHECK(torn == 0);
  CHECK(backward == 0);
  CHECK(changed == 0);
  CHECK(place.collect() == 1);
  CHECK(table::alive - before == 1);
}
