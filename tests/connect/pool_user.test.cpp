// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/pool_user.hpp>

#include <doctest/doctest.h>

#include "../support/child.hpp"
#include "pools.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <sys/mman.h>

namespace {

/// The free list as bytes.
std::span<std::byte> list_of(const look& at) {
  const auto& v = at.segment.view();
  return {reinterpret_cast<std::byte*>(v.places) + v.measure.list_at(), static_cast<std::size_t>(v.measure.list_bytes)};
}
void empty_list(const look& at) {
  std::uint32_t block = 0;
  for (std::uint32_t i = 0; i < 8192 && at.segment.view().list.pop(block); ++i) {
  }
}

}  // namespace

TEST_CASE("a block is written by one, read by many, and free when the last has let go") {
  scratch_bus scratch;
  const auto images = pool_on(scratch);
  const look at(images);
  auto user = *lv::pool_user::open(images);
  auto reader = *lv::pool_reader::open(images);

  auto block = user.borrow();
  REQUIRE(block);
  CHECK(reinterpret_cast<std::uintptr_t>(block->bytes().data()) % lv::page_size() == 0);
  fill(block->bytes(), 7);
  std::optional<lv::held_block> mine = user.share(*std::move(block), 1000);
  const auto loan = mine->lent();
  CHECK(loan.length == 1000);

  std::optional<lv::held_block> theirs = *reader.hold(loan);
  std::optional<lv::held_block> again = *reader.hold(loan);  // as often as one likes
  CHECK(theirs->bytes().size() == 1000);
  CHECK(is_filled(theirs->bytes(), 7));
  CHECK(theirs->lent() == loan);
  mine.reset();
  again.reset();
  CHECK(at.held() == 1);
  CHECK(reader.hold(loan));  // somebody holds it
  theirs.reset();
  CHECK(at.held() == 0);
  const auto late = reader.hold(loan);
  REQUIRE(!late);
  CHECK(late.error().kind == lv::failure::unavailable);
  CHECK(late.error().sentence.view().find("of pool 'images' came too late") != std::string::npos);
  CHECK(reader.counts().stale == 1);
}

TEST_CASE("a block that was borrowed and never shared goes back") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 1);
  auto user = *lv::pool_user::open(images);
  for (int i = 0; i < 100; ++i) CHECK(user.borrow());
  CHECK(user.counts().searches == 0);  // the free list has known of it each time
}

TEST_CASE("holds and users can move; what was held where another hold moves to is let go of") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 2);
  const look at(images);
  auto user = *lv::pool_user::open(images);
  auto other = *lv::pool_user::open(images);
  std::optional<lv::held_block> a = user.share(*user.borrow(), 8), b = user.share(*user.borrow(), 8);
  const auto loan = b->lent();
  other = std::move(user);
  CHECK(at.held() == 2);
  *a = *std::move(b);
  CHECK(at.held() == 1);
  CHECK(a->lent() == loan);
  b.reset();
  CHECK(at.held() == 1);
  CHECK(other.hold(loan));
  a.reset();
  CHECK(at.held() == 0);
}

TEST_CASE("a hold that outlives its user stops the program, and says where") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 2);
  const auto died = support::in_child([&] {
    std::optional<lv::pool_user> user = *lv::pool_user::open(images);
    const auto held = user->share(*user->borrow(), 8);
    std::signal(SIGABRT, SIG_DFL);
    user.reset();
    return 0;
  });
  CHECK(died.code == 128 + SIGABRT);
  CHECK(died.error.find("'grips == 0' does not hold: grips is 1") != std::string::npos);
}

TEST_CASE("a reader cannot write what it reads") {
  scratch_bus scratch;
  const auto images = pool_on(scratch);
  const auto died = support::in_child([&] {
    auto user = *lv::pool_user::open(images);
    auto reader = *lv::pool_reader::open(images);
    const auto shared = user.share(*user.borrow(), 8);
    const auto held = *reader.hold(shared.lent());
    std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would explain it at length
    const_cast<std::byte*>(held.bytes().data())[0] = std::byte{1};
    return 0;
  });
  CHECK(died.code == 128 + SIGSEGV);
}

TEST_CASE("a loan that is none is refused, whatever it says") {
  scratch_bus scratch;
  const auto images = pool_on(scratch);
  auto user = *lv::pool_user::open(images);
  const auto held = user.share(*user.borrow(), 8);
  const auto good = held.lent();
  for (auto bad :
       {lv::loan{}, lv::loan{good.block, 0, 8}, lv::loan{4, good.generation, 8}, lv::loan{UINT32_MAX, good.generation, 8},
        lv::loan{good.block, good.generation + 1, 8}, lv::loan{good.block, good.generation - 1, 8},
        lv::loan{good.block, good.generation, 4097}, lv::loan{good.block + 1, good.generation, 8}})
    CHECK(!user.hold(bad));
  CHECK(user.counts().stale == 8);
  CHECK(user.hold(good));
}

TEST_CASE("an old loan is stale when its block is another's, also after the generations have gone round") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 1);
  const look at(images);
  auto user = *lv::pool_user::open(images);
  const auto old = user.share(*user.borrow(), 8).lent();
  {
    const auto now = user.share(*user.borrow(), 8);
    CHECK(!user.hold(old));
    CHECK(user.hold(now.lent()));
  }
  at.owner(0).relaxed(std::uint64_t{UINT32_MAX} << 32);
  const auto first = user.share(*user.borrow(), 8).lent();
  CHECK(first.generation == 1);  // 0 is nobody's
  const auto second = user.share(*user.borrow(), 8);
  CHECK(second.lent().generation == 2);
  CHECK(!user.hold(first));
  CHECK(!user.hold({0, UINT32_MAX, 8}));
}

TEST_CASE("where every block is held a borrowing is refused in words, and counted") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 2);
  auto user = *lv::pool_user::open(images);
  auto a = user.borrow(), b = user.borrow();
  const auto none = user.borrow();
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::unavailable);
  CHECK(none.error().sentence.view() == "all 2 blocks of pool 'images' are held: let go of some, or make it larger");
  CHECK(user.counts().exhausted == 1);
  {
    auto gone = *std::move(a);
  }
  CHECK(user.borrow());
}

TEST_CASE("a pool has 32 participants; one more is refused in words, and a place that was left is another's") {
  scratch_bus scratch;
  const auto images = pool_on(scratch);
  std::vector<lv::pool_reader> all;
  while (auto one = lv::pool_reader::open(images)) all.push_back(*std::move(one));
  CHECK(all.size() == lv::most_participants);
  CHECK(lv::pool_user::open(images).error().sentence.view().starts_with("all 32 places of pool 'images' are taken"));
  all.pop_back();
  CHECK(lv::pool_user::open(images));
}

// ---- against a naive reference -----------------------------------------------------------------------------------------

TEST_CASE("any sequence of borrowing, sharing, holding and letting go does what a table of counts does") {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    scratch_bus scratch;
    const auto images = pool_on(scratch, 6);
    const look at(images);
    std::mt19937_64 random(seed);
    struct person {
      lv::pool_user user;
      std::vector<lv::borrowed_block> writing;
      std::vector<std::pair<lv::held_block, std::uint64_t>> holding;  // and what was written
    };
    std::vector<person> people;
    for (int i = 0; i < 3; ++i) people.push_back({*lv::pool_user::open(images), {}, {}});
    // The reference: how often each content is held. A loan is good while its content is.
    std::map<std::uint64_t, int> holds;
    std::vector<std::pair<lv::loan, std::uint64_t>> lent;
    std::uint64_t written = 0, stale = 0, good = 0;
    std::size_t being_written = 0;
    for (int step = 0; step < 20'000; ++step) {
      auto& p = people[random() % people.size()];
      switch (random() % 6) {
        case 0:
        case 1: {
          auto b = p.user.borrow();
          REQUIRE(static_cast<bool>(b) == (holds.size() + being_written < 6));
          if (b) p.writing.push_back(*std::move(b)), ++being_written;
          break;
        }
        case 2: {
          if (p.writing.empty()) break;
          fill(p.writing.back().bytes(), ++written);
          if (random() % 4 != 0) {
            p.holding.emplace_back(p.user.share(std::move(p.writing.back()), 4096), written);
            lent.emplace_back(p.holding.back().first.lent(), written);
            holds[written] = 1;
          }
          p.writing.pop_back();
          --being_written;
          break;
        }
        case 3: {
          if (lent.empty()) break;
          const auto [l, what] = lent[lent.size() - 1 - std::min<std::size_t>(random() % 10, lent.size() - 1)];
          auto held = p.user.hold(l);
          REQUIRE(static_cast<bool>(held) == holds.contains(what));
          ++(held ? good : stale);
          if (!held) break;
          ++holds[what];
          p.holding.emplace_back(*std::move(held), what);
          break;
        }
        default: {
          if (p.holding.empty()) break;
          std::swap(p.holding[random() % p.holding.size()], p.holding.back());
          const auto what = p.holding.back().second;
          REQUIRE(is_filled(p.holding.back().first.bytes(), what));
          p.holding.pop_back();
          if (--holds[what] == 0) holds.erase(what);
        }
      }
      REQUIRE(at.held() == holds.size() + being_written);
    }
    CHECK(stale > 100);
    CHECK(good > 100);
    std::uint64_t searches = 0;
    for (auto& p : people) p.writing.clear(), p.holding.clear(), searches += p.user.counts().searches;
    CHECK(at.held() == 0);
    CHECK(searches == 0);
  }
}

TEST_CASE("threads: no block has two writers, none changes while it is held, and all are free in the end") {
  scratch_bus scratch;
  const look at(pool_on(scratch, 5));
  constexpr int threads = 3;
  std::atomic<std::uint64_t> offers[threads]{};  // what each has shared last, for anybody to hold
  std::atomic<std::uint64_t> wrong{0}, held_by_others{0};
  std::atomic<int> writers[5]{};
  const auto work = [&](int me) {
    auto user = *lv::pool_user::over(at.segment);
    std::mt19937_64 random(static_cast<std::uint64_t>(me));
    std::optional<lv::held_block> own, other;
    std::uint64_t value = static_cast<std::uint64_t>(me) << 32, other_value = 0;
    for (int i = 0; i < 10'000; ++i) {
      if (auto b = user.borrow()) {
        const auto block = static_cast<std::size_t>(b->bytes().data() - at.segment.view().blocks) / 4096;
        wrong.fetch_add(writers[block].fetch_add(1) != 0 ? 1u : 0u);
        fill(b->bytes(), ++value);
        writers[block].fetch_sub(1);
        own = user.share(*std::move(b), 512);
        offers[me].store(std::uint64_t{own->lent().generation} << 32 | own->lent().block);
      }
      if (other && !is_filled(other->bytes(), other_value)) wrong.fetch_add(1);
      if (random() % 3 == 0) other.reset();
      const auto offer = offers[random() % threads].load();
      if (auto held = user.hold({static_cast<std::uint32_t>(offer), static_cast<std::uint32_t>(offer >> 32), 512})) {
        held_by_others.fetch_add(1);
        std::memcpy(&other_value, held->bytes().data(), sizeof other_value);
        other = *std::move(held);
      }
      if (random() % 1000 == 0) CHECK(user.recover());  // the list is made anew under everybody's feet
    }
  };
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(work, i);
  for (auto& t : all) t.join();
  CHECK(wrong.load() == 0);
  CHECK(held_by_others.load() > 100);
  CHECK(at.held() == 0);
}

// ---- death and damage ----------------------------------------------------------------------------------------------------

TEST_CASE("what a killed participant wrote or held is free again, for the next that comes or finds no block") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 3);
  const look at(images);
  auto user = *lv::pool_user::open(images);
  const auto shared = user.share(*user.borrow(), 8);
  const auto kill_one = [&] {
    const auto died = support::in_child([&] {
      auto own = *lv::pool_user::open(images);
      const auto held = own.hold(shared.lent());
      const auto writing = own.borrow();
      const auto second = own.share(*own.borrow(), 8);
      return ::raise(SIGKILL);
    });
    REQUIRE(died.code == 128 + SIGKILL);
    CHECK(at.held() == 3);
  };
  kill_one();
  {
    auto one = user.borrow();
    REQUIRE(one);
    CHECK(user.borrow());
    CHECK(user.counts().recovered == 2);
  }
  kill_one();
  CHECK(lv::pool_reader::open(images)->counts().recovered == 2);
  CHECK(at.held() == 1);
  CHECK(user.hold(shared.lent()));  // the living keep what they hold
}

TEST_CASE("a child that is forked lets go of nothing") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 3);
  const look at(images);
  std::optional<lv::pool_user> user = *lv::pool_user::open(images);
  const auto shared = user->share(*user->borrow(), 8);
  CHECK(support::in_child([&] { return user.reset(), 0; }).code == 0);
  CHECK(at.held() == 1);
}

TEST_CASE("a free block that the list does not know is found; one that it names twice is borrowed once") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 3);
  const look at(images);
  auto user = *lv::pool_user::open(images);
  empty_list(at);
  {
    std::vector<lv::borrowed_block> all;
    while (auto b = user.borrow()) all.push_back(*std::move(b));
    CHECK(all.size() == 3);
    CHECK(user.counts().searches == 3);
  }
  for (int i = 0; i < 3; ++i) CHECK(user.borrow());
  CHECK(user.counts().searches == 3);  // known again since they were let go of
  for (int i = 0; i < 100; ++i) at.segment.view().list.push(1);
  for (const std::uint32_t nonsense : {3u, 4096u, 65535u}) at.segment.view().list.push(nonsense);
  std::vector<lv::borrowed_block> all;
  while (auto b = user.borrow()) all.push_back(*std::move(b));
  CHECK(all.size() == 3);
}

TEST_CASE("a list of nonsense costs time and no block, and recover makes it right") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 8);
  const look at(images);
  auto user = *lv::pool_user::open(images);
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    const auto list = list_of(at);
    if (round % 4 == 0)
      for (auto& b : list) b = static_cast<std::byte>(random());
    else
      for (int i = 0; i < 20; ++i) list[random() % (round % 2 == 0 ? list.size() : 192)] = static_cast<std::byte>(random());
    {
      std::vector<lv::borrowed_block> all;
      while (auto b = user.borrow()) all.push_back(*std::move(b));
      REQUIRE(all.size() == 8);
    }
    REQUIRE(at.held() == 0);
    for (int i = 0; i < 20; ++i) REQUIRE(user.borrow());
    if (round % 10 == 9) {
      REQUIRE(user.recover());
      const auto before = user.counts().searches;
      std::vector<lv::borrowed_block> all;
      while (auto b = user.borrow()) all.push_back(*std::move(b));
      REQUIRE(all.size() == 8);
      REQUIRE(user.counts().searches == before);
    }
  }
}

TEST_CASE("an owner word of nonsense makes nobody its own rival") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 1);
  const look at(images);
  auto user = *lv::pool_user::open(images);
  const auto writing = user.borrow();
  at.owner(0).fetch_and(~std::uint64_t{UINT32_MAX});  // somebody says that nobody holds it
  CHECK(!user.borrow());
}

TEST_CASE("a list of nothing but full blocks is gone through once") {
  scratch_bus scratch;
  const auto images = pool_on(scratch, 4);
  const look at(images);
  auto user = *lv::pool_user::open(images);
  const auto held = user.share(*user.borrow(), 8);
  std::memset(list_of(at).data(), 0, list_of(at).size());  // a circle: node 0 follows itself
  for (int i = 0; i < 100; ++i) CHECK(user.borrow());
}
