// SPDX-License-Identifier: BSL-1.0
// The table of leases of a group, word by word: who holds what, whose commits count, and what those of yesterday can still do.
#include <levada/bus/detail/census.hpp>
#include <levada/bus/detail/lease_table.hpp>
#include <levada/bus/partition.hpp>

#include <doctest/doctest.h>

#include "../support/stream.hpp"
#include "common.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace {

using lv::detail::census;
using lv::detail::lease;
using lv::detail::lease_table;
using lv::detail::lease_words;

/// A table in the memory of a test.
class table {
 public:
  explicit table(std::uint32_t partitions = 3) : memory_(lease_words::bytes(partitions) / sizeof(line) + 1) {
    ::new (static_cast<void*>(memory_.data())) lv::detail::group_header;
    words = {reinterpret_cast<std::byte*>(memory_.data()), partitions};
  }
  lease_words words;

 private:
  struct alignas(128) line {
    std::byte bytes[128];
  };
  std::vector<line> memory_;
};

/// Members of one group, as processes would join it.
struct table_of_group {
  scratch_bus scratch;
  lv::detail::topic_files files;
  std::uint32_t partitions;
  explicit table_of_group(std::uint32_t n = 6) : files(*lv::detail::partition_files(scratch.bus(), "t")), partitions(n) {
    REQUIRE(lv::detail::open_or_make_partitions(files, n));
  }
  [[nodiscard]] lease_table join() const {
    auto made = lease_table::join(files, "g", partitions);
    REQUIRE(made);
    return *std::move(made);
  }
};
constexpr auto nothing_to_read = [](std::uint32_t) { return false; };
constexpr auto all_behind = [](std::uint32_t) { return true; };

}  // namespace

TEST_CASE("lease: a word holds a term, a cell and an owner") {
  const lease l{123456789012345, 128, 64};
  CHECK(lease::of(l.word()) == l);
  CHECK(l.is_sound());
  CHECK(!l.is_free());
  CHECK(lease::of(0) == lease{});
  CHECK(lease{}.is_free());
  CHECK(!lease{1, 129, 1}.is_sound());
  CHECK(!lease{1, 1, 65}.is_sound());
  CHECK(l.owned_by(3) == lease{123456789012346, 128, 4});
  CHECK(lease{lease::most_term, 5, 1}.owned_by(0) == lease{0, 5, 1});  // a term that has come round is another one all the same
}

TEST_CASE("lease: of several who want a partition one gets it") {
  table t;
  const auto seen = t.words.at(1);
  const auto a = t.words.take(1, seen, 7);
  REQUIRE(a);
  CHECK(!t.words.take(1, seen, 8));
  CHECK(t.words.at(1) == lease{1, 0, 8});
  CHECK(t.words.holds(1, *a));
  CHECK(t.words.at(0).is_free());
  CHECK(!t.words.position(1).position);  // nobody has committed
}

TEST_CASE("lease: what was committed stays with the partition, whoever has it") {
  table t;
  auto a = *t.words.take(0, t.words.at(0), 0);
  a = *t.words.commit(0, a, 100);
  CHECK(t.words.position(0).position == 100);
  a = *t.words.commit(0, a, UINT64_MAX);
  CHECK(t.words.position(0).position == UINT64_MAX);
  CHECK(t.words.give_back(0, a));
  CHECK(!t.words.give_back(0, a));
  CHECK(t.words.position(0).position == UINT64_MAX);
  const auto b = *t.words.take(0, t.words.at(0), 63);
  CHECK(b.term == 2);
  CHECK(t.words.position(0).position == UINT64_MAX);
  CHECK(t.words.commit(0, b, 3));
  CHECK(t.words.position(0).position == 3);
  CHECK(!t.words.position(1).position);
}

TEST_CASE("lease: a commit of one who was fenced is refused and leaves no trace, however late it comes") {
  for (const std::uint64_t term : {std::uint64_t{1}, lease::most_term - 3}) {
    table t;
    t.words.lease_word(0).release(lease{term, 0, 0}.word());
    auto old = *t.words.take(0, t.words.at(0), 5);
    old = *t.words.commit(0, old, 10);
    std::optional<lease> owner = old;
    for (std::uint64_t i = 0; i < 10; ++i) {
      const auto before = t.words.position(0).position;
      owner = t.words.take(0, *owner, static_cast<std::uint32_t>(i % 3));  // from whoever had it
      REQUIRE(owner);
      CHECK(!t.words.holds(0, old));
      CHECK(!t.words.commit(0, old, 1000 + i));
      CHECK(t.words.position(0).position == before);
      owner = t.words.commit(0, *owner, 20 + i);
      REQUIRE(owner);
      CHECK(!t.words.commit(0, old, 2000 + i));
      CHECK(!t.words.give_back(0, old));
      CHECK(t.words.position(0).position == 20 + i);
    }
  }
}

TEST_CASE(
    "lease: one who was stopped between the two steps of a commit changes nothing, even when it was an owner again meanwhile") {
  table t;
  auto old = *t.words.take(0, t.words.at(0), 5);
  old = *t.words.commit(0, old, 10);
  const auto stopped_with = old.cell == 11 ? 11u : 10u;  // of its cells the one that is not named: it is about to write there
  auto other = *t.words.take(0, old, 1);
  t.words.cell(0, stopped_with).release(999);
  CHECK(t.words.position(0).position == 10);
  other = *t.words.commit(0, other, 20);
  CHECK(t.words.position(0).position == 20);
  auto again = *t.words.take(0, other, 5);
  CHECK(t.words.position(0).position == 20);
  again = *t.words.commit(0, again, 30);
  CHECK(t.words.position(0).position == 30);
}

TEST_CASE("lease: random steps of many members, against one plain record of who holds what") {
  support::random random{4};
  table t(4);
  struct held {
    std::uint32_t partition = 0;
    lease own;
  };
  std::vector<std::vector<held>> known(64);  // what each believes that it holds, right or wrong
  struct truth {
    std::uint32_t owner = 0;  // 0: nobody
    std::uint64_t since = 0;
    std::optional<std::uint64_t> position;
  } is[4];
  std::uint64_t accepted = 0, refused = 0;
  for (std::uint64_t step = 1; step < 100'000; ++step) {
    const auto m = static_cast<std::uint32_t>(random.below(64)), p = static_cast<std::uint32_t>(random.below(4));
    if (random.one_in(3)) {
      const auto own = t.words.take(p, t.words.at(p), m);
      REQUIRE(own);
      is[p].owner = m + 1;
      is[p].since = own->term;
      known[m].push_back({p, *own});
    } else if (!known[m].empty()) {
      const auto i = random.below(known[m].size());
      auto& one = known[m][i];
      const bool holds = is[one.partition].owner == m + 1 && is[one.partition].since == one.own.term;
      CHECK(t.words.holds(one.partition, one.own) == holds);
      if (random.one_in(10)) {
        CHECK(t.words.give_back(one.partition, one.own) == holds);
        if (holds) is[one.partition].owner = 0;
      } else {
        const auto own = t.words.commit(one.partition, one.own, step);
        CHECK(own.has_value() == holds);
        holds ? ++accepted : ++refused;
        if (own) one.own = *own;
        if (holds) is[one.partition].position = step;
        if (holds) continue;
      }
      known[m].erase(known[m].begin() + static_cast<std::ptrdiff_t>(i));
    }
    CHECK(t.words.position(p).position == is[p].position);
  }
  CHECK(accepted > 1'000);
  CHECK(refused > 1'000);
}

TEST_CASE("lease: threads that take from each other: every commit that was accepted counts, and none that was refused") {
  table t(1);
  constexpr std::uint64_t rounds = 20'000;
  std::atomic<std::uint64_t> accepted{0}, backward{0};
  const auto run = [&](std::uint32_t m) {
    for (std::uint64_t i = 0; i < rounds; ++i) {
      auto own = t.words.take(0, t.words.at(0), m);
      if (!own) continue;
      // Whoever has it counts on from what was committed: a commit that was lost, or that came from yesterday, would show in the
      // sum.
      for (int n = 0; own && n < 3; ++n) {
        const auto at = t.words.position(0);
        if (at.under != *own) break;
        own = t.words.commit(0, *own, at.position.value_or(0) + 1);
        if (own) ++accepted;
      }
      if (own && i % 2 == 0) t.words.give_back(0, *own);
    }
  };
  std::thread watcher([&] {
    for (std::uint64_t last = 0, now = 0; now < rounds; last = now) {
      now = t.words.position(0).position.value_or(0);
      backward += now < last ? 1u : 0u;
    }
  });
  std::vector<std::thread> all;
  for (std::uint32_t m = 0; m < 3; ++m) all.emplace_back(run, m);
  for (auto& one : all) one.join();
  CHECK(t.words.position(0).position == accepted);
  for (auto own = t.words.take(0, t.words.at(0), 9); *t.words.position(0).position < rounds;)
    own = t.words.commit(0, *own, rounds);  // for the watcher to end
  watcher.join();
  CHECK(backward == 0);
  CHECK(accepted > 0);
}

TEST_CASE(
    "lease: a member's place is its own while it lives, and what it leaves behind is nobody's when it is given to another") {
  table_of_group g;
  auto a = g.join();
  auto b = g.join();
  CHECK(a.own() == 0);
  CHECK(b.own() == 1);
  CHECK(a.is_alive(1));
  CHECK(b.is_alive(0));
  CHECK(!b.is_alive(2));
  REQUIRE(b.words().take(4, b.words().at(4), b.own()));
  b = lease_table{};  // without a word, as a kill does it
  CHECK(!a.is_alive(1));
  CHECK(a.words().at(4).owner == 2);
  auto c = g.join();
  CHECK(c.own() == 1);
  CHECK(a.words().at(4).is_free());
  c.leave();
  CHECK(!a.is_alive(1));
  CHECK(!c);
}

TEST_CASE("lease: a group has 64 members, and says so to one more") {
  table_of_group g(1);
  std::vector<lease_table> all;
  for (int i = 0; i < 64; ++i) all.push_back(g.join());
  const auto more = lease_table::join(g.files, "g", 1);
  REQUIRE(!more);
  CHECK(more.error().kind == lv::failure::unavailable);
  CHECK(more.error().sentence.view().find("all 64 places are taken") != std::string_view::npos);
  all.erase(all.begin() + 20);
  CHECK(g.join().own() == 20);
}

TEST_CASE("census: all members count the same, and their shares are all partitions") {
  table_of_group g(7);
  std::vector<std::unique_ptr<lease_table>> members;
  for (int i = 0; i < 5; ++i) members.push_back(std::make_unique<lease_table>(g.join()));
  members[3].reset();  // killed
  members[1]->leave();
  members.erase(members.begin() + 3);
  members.erase(members.begin() + 1);
  std::uint32_t all = 0;
  for (auto& m : members) {
    census c;
    c.take(*m, 1_s, 1_s, all_behind);
    CHECK(c.active() == 3);
    CHECK(!c.is_active(1));
    CHECK(!c.is_active(3));
    CHECK(c.share_of(m->own(), 7) >= 2);
    CHECK(c.share_of(m->own(), 7) <= 3);
    all += c.share_of(m->own(), 7);
  }
  CHECK(all == 7);
}

TEST_CASE(
    "census: who makes no turn for a lease while there is something to read is asleep, for everybody, until its next turn") {
  table_of_group g;
  auto a = g.join(), b = g.join(), c = g.join();
  census of_a, of_b;
  const auto look = [&](auto behind, int ms) {
    of_a.take(a, lv::duration(1'000'000'000) + lv::duration(1'000'000) * ms, 20_ms, behind);
    c.words().member(c.own()).progress.fetch_add(1);
    return of_a.is_active(b.own());
  };
  for (int ms = 0; ms < 100; ms += 5) CHECK(look(nothing_to_read, ms));  // it has nothing to do
  CHECK(!look(all_behind, 100));
  CHECK(of_a.is_active(c.own()));  // that one moves
  of_b.take(c, 1_s, 20_ms, nothing_to_read);
  CHECK(!of_b.is_active(b.own()));  // and hears of it at its first look
  b.words().member(b.own()).progress.fetch_add(1);
  for (int ms = 105; ms <= 125; ms += 5) CHECK(look(all_behind, ms));
  CHECK(!look(all_behind, 130));
}

TEST_CASE("census: who was away for long himself judges nobody by it") {
  table_of_group g;
  auto a = g.join(), b = g.join();
  census c;
  const auto look = [&](int ms) {
    c.take(a, lv::duration(1'000'000'000) + lv::duration(1'000'000) * ms, 20_ms, all_behind);
    return c.is_active(b.own());
  };
  CHECK(look(0));
  CHECK(look(5));
  CHECK(look(500));  // all were stopped together, say
  CHECK(look(505));
  CHECK(look(515));
  CHECK(!look(525));
}
