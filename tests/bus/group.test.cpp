// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/group.hpp>

#include <levada/bus/directory.hpp>
#include <levada/bus/line.hpp>

#include <doctest/doctest.h>

#include "../support/stream.hpp"
#include "common.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

namespace {

using member = lv::group_member<sample>;
using publisher = lv::partitioned_publisher<sample>;

constexpr std::uint64_t ring = 512, slice = ring / 8;

lv::partitioned_topic<sample> topic_in(const std::string& folder, std::uint32_t partitions = 4) {
  return {lv::bus::in(folder, "bus"), "t", {.partitions = partitions, .each = {.capacity = ring}}};
}
lv::partitioned_topic<sample> topic_on(const scratch_bus& scratch, std::uint32_t partitions = 4) {
  return topic_in(scratch.folder().string(), partitions);
}
member join(const lv::partitioned_topic<sample>& where, const lv::group_options& options = {}) {
  auto made = member::open(where, "judges", options);
  REQUIRE(made);
  return *std::move(made);
}
/// Publishes n events to a partition, as many as fit: index is the sequence.
std::uint64_t fill(publisher& p, std::uint32_t partition, std::uint64_t n) { return publish(p.partition(partition), n); }

/// Everybody looks until nothing changes any more. A look is due as soon as somebody has announced something.
template <class... Member>
void settle(Member&... members) {
  for (int i = 0; i < 4; ++i) (static_cast<void>(members.read()), ...);
}

/// What came of one partition, in order, and what the next event must be.
struct reading {
  std::map<std::uint32_t, std::uint64_t> next;
  std::uint64_t events = 0, wrong = 0, again = 0, lost = 0;

  /// Reads one turn; false if there was none.
  bool turn(member& m, std::size_t most = SIZE_MAX) {
    const auto t = m.read();
    if (!t) return false;
    lost += t.lost;
    auto& expected = next[t.partition];
    if (t.lost > 0) expected = std::max(expected, t.sequence);
    const auto n = std::min(most, t.events.size());
    for (std::size_t i = 0; i < n; ++i) {
      wrong += is_whole(t.events[i]) && t.events[i].index == t.sequence + i ? 0u : 1u;
      if (t.sequence + i < expected)
        ++again;
      else
        wrong += t.sequence + i == expected++ ? 0u : 1u;
    }
    events += n;
    m.release(n);
    return true;
  }
  void all(member& m) {
    while (turn(m)) {
    }
  }
};

}  // namespace

TEST_CASE("group: one member has all partitions, and reads all of them in turn") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  auto p = *publisher::open(where);
  auto m = join(where);
  CHECK(m.partitions() == 4);
  CHECK(m.owned().size() == 4);
  CHECK(m.members() == 1);
  for (std::uint32_t i = 0; i < 4; ++i) CHECK(fill(p, i, 100 + i) == 100 + i);
  CHECK(m.lag() == 406);
  CHECK(m.lag(3) == 103);
  reading r;
  std::vector<std::uint32_t> order;
  for (int i = 0; i < 4; ++i) {
    const auto t = m.read();
    REQUIRE(!t.events.empty());
    order.push_back(t.partition);
    CHECK(t.sequence == 0);
  }
  std::ranges::sort(order);
  CHECK(order == std::vector<std::uint32_t>{0, 1, 2, 3});  // nobody waits for the end of another's
  r.all(m);
  CHECK(r.events == 406);
  CHECK(r.wrong + r.again + r.lost == 0);
  CHECK(m.lag() == 0);
  CHECK(!m.read());
}

TEST_CASE("group: who joins gets a fair share, who leaves gives it back, and nobody reads anything twice") {
  scratch_bus scratch;
  for (const std::uint32_t partitions : {1u, 4u, 7u, 64u}) {
    const lv::partitioned_topic<sample> where{
        scratch.bus(), "t" + std::to_string(partitions), {.partitions = partitions, .each = {.capacity = ring}}};
    support::random random{partitions};
    std::vector<std::unique_ptr<member>> members;
    for (int round = 0; round < 30; ++round) {
      if (members.size() < 2 || (members.size() < 6 && random.one_in(2)))
        members.push_back(std::make_unique<member>(join(where)));
      else
        members.erase(members.begin() + static_cast<std::ptrdiff_t>(random.below(members.size())));
      for (int looks = 0; looks < 4; ++looks)
        for (auto& m : members) CHECK(!m->read());
      std::size_t all = 0;
      std::vector<int> owners(partitions);
      for (auto& m : members) {
        CHECK(m->members() == members.size());
        CHECK(m->owned().size() >= partitions / members.size());
        CHECK(m->owned().size() <= (partitions + members.size() - 1) / members.size());
        CHECK(m->fenced() + m->refused() == 0);
        all += m->owned().size();
        for (const auto one : m->owned()) ++owners[one];
      }
      CHECK(all == partitions);
      for (const int n : owners) CHECK(n == 1);
    }
  }
}

TEST_CASE("group: members that come and go at random read every event of a partition once and in order, while nobody dies") {
  for (const auto commits : {lv::commit_policy::automatic, lv::commit_policy::manual}) {
    scratch_bus scratch;
    const auto where = topic_on(scratch, 5);
    auto p = *publisher::open(where);
    support::random random{11};
    std::vector<std::unique_ptr<member>> members;
    reading r;
    for (int step = 0; step < 20'000; ++step) {
      switch (random.below(200)) {
        case 0:
          if (members.size() < 5) members.push_back(std::make_unique<member>(join(where, {.commits = commits})));
          break;
        case 1:
          if (members.size() > 1) {
            auto& gone = members[random.below(members.size())];
            CHECK(gone->commit());
            std::swap(gone, members.back());
            members.pop_back();
          }
          break;
        default:
          if (random.one_in(3)) {
            fill(p, static_cast<std::uint32_t>(random.below(5)), random.below(60));
          } else if (!members.empty()) {
            auto& m = *members[random.below(members.size())];
            r.turn(m, 1 + random.below(100));
            if (random.one_in(5)) CHECK(m.commit());
          }
      }
    }
    for (int i = 0; i < 1000; ++i)
      for (auto& m : members) {
        r.turn(*m);
        CHECK(m->commit());
      }
    std::uint64_t sent = 0;
    for (std::uint32_t i = 0; i < 5; ++i) {
      sent += p.partition(i).sequence();
      CHECK(r.next[i] == p.partition(i).sequence());
    }
    CHECK(r.events == sent);
    CHECK(r.wrong + r.again + r.lost == 0);
    for (auto& m : members) CHECK(m->lag() + m->fenced() + m->refused() + m->lost() == 0);
  }
}

TEST_CASE("group: what was not committed when the last member left comes again, and nothing else") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 1);
  auto p = *publisher::open(where);
  fill(p, 0, 40);
  reading r;
  {
    auto m = join(where, {.commits = lv::commit_policy::manual});
    CHECK(r.turn(m, 10));
    CHECK(m.commit());
    CHECK(m.lag() == 30);
    CHECK(r.turn(m, 10));
    CHECK(m.lag() == 30);
  }
  auto m = join(where);
  r.all(m);
  CHECK(r.again == 10);
  CHECK(r.next[0] == 40);
  CHECK(r.wrong + r.lost == 0);
}

TEST_CASE("group: who has left keeps nobody waiting, even while the object lives, and can still be asked") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 1);
  auto p = *publisher::open(where);
  auto m = join(where);
  CHECK(fill(p, 0, 2 * ring) == ring);
  m.leave();
  CHECK(p.wait_for_room(0, 60_s));
  CHECK(p.partition(0).subscribers() == 0);
  CHECK(m.lag() == ring);
  CHECK(m.owned().empty());
  auto other = join(where);
  CHECK(other.owned().size() == 1);
  m.leave();
  CHECK(p.partition(0).subscribers() == 2);  // the group and its owner
}

TEST_CASE("group: two groups read the same topic, each all of it") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  auto p = *publisher::open(where);
  auto a = *member::open(where, "a");
  auto b = *member::open(where, "b", {.from = lv::start_at::latest});
  for (std::uint32_t i = 0; i < 4; ++i) fill(p, i, 50);
  reading of_a, of_b;
  of_a.all(a);
  CHECK(of_a.events == 200);
  CHECK(b.lag() == 200);
  of_b.all(b);
  CHECK(of_b.events == 200);
}

TEST_CASE("group: begins where it was told to, once; its position counts from then on") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 2);
  auto p = *publisher::open(where);
  for (std::uint32_t i = 0; i < 2; ++i) fill(p, i, 100);
  {
    auto m = join(where, {.from = lv::start_at::latest});
    CHECK(m.lag() == 0);
    CHECK(!m.read());
  }
  for (std::uint32_t i = 0; i < 2; ++i) fill(p, i, 7);
  auto m = join(where, {.from = lv::start_at::latest});  // it has committed nothing, and has begun all the same
  reading r;
  r.next = {{0, 100}, {1, 100}};
  r.all(m);
  CHECK(r.events == 14);
  CHECK(r.wrong + r.again + r.lost == 0);
}

TEST_CASE("group: the publisher waits for what is not committed, as long as a member lives, and then counts what is lost") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 1);
  auto p = *publisher::open(where);
  auto m = std::make_unique<member>(join(where, {.commits = lv::commit_policy::manual}));
  CHECK(fill(p, 0, 10 * ring) == ring);
  reading r;
  while (r.events < ring) r.turn(*m);
  CHECK(fill(p, 0, 1) == 0);  // read, and not committed
  CHECK(p.partition(0).blocked_by().view() == "group/judges");
  CHECK(m->commit());
  CHECK(p.wait_for_room(0, 1_s));
  CHECK(fill(p, 0, 10 * ring) == ring);
  m.reset();
  CHECK(p.wait_for_room(0, 1_s));
  CHECK(fill(p, 0, 100) == 100);  // nobody is there
  auto other = join(where);
  CHECK(other.lag(0) == ring + 100);
  reading late;
  late.next[0] = ring;
  late.all(other);
  CHECK(late.events + late.lost == ring + 100);
  CHECK(late.lost >= 100);
  CHECK(other.lost() == late.lost);
  CHECK(late.wrong + late.again == 0);
  CHECK(other.lag(0) == 0);
}

TEST_CASE("group: nobody waits for one with overwrite, and what it misses is counted to the event") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 1);
  auto p = *publisher::open(where);
  auto m = join(where, {.overflow = lv::overflow_policy::overwrite});
  CHECK(fill(p, 0, 10 * ring) == 10 * ring);
  reading r;
  r.all(m);
  CHECK(r.events + r.lost == 10 * ring);
  CHECK(r.lost > 8 * ring);
  CHECK(r.wrong + r.again == 0);
  CHECK(m.lost() == r.lost);
}

TEST_CASE("group: with evict the publisher waits for a lease, goes on, and waits again when the group is back") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 1);
  auto p = *publisher::open(where);
  auto m = join(where, {.overflow = lv::overflow_policy::evict, .lease = 2_ms});
  CHECK(fill(p, 0, 2 * ring) == ring);
  while (!p.wait_for_room(0, 100_ms)) {
  }
  CHECK(p.partition(0).evictions() == 1);
  CHECK(fill(p, 0, 100) == 100);
  reading r;
  while (r.turn(m) || m.wait(2_ms)) {
  }
  CHECK(r.events + r.lost == ring + 100);
  CHECK(r.wrong + r.again == 0);
  const auto before = p.partition(0).sequence();
  CHECK(fill(p, 0, 10 * ring) < 10 * ring);
  CHECK(p.partition(0).sequence() - before <= ring + slice);
}

TEST_CASE("group: signals come between the events that they separate, and hold up nobody") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 2);
  auto p = *publisher::open(where);
  auto m = join(where);
  std::uint64_t signals = 0, misplaced = 0, events = 0;
  for (std::uint64_t i = 0; i < 3'000; ++i) {                // many times the lane
    if (i % 7 == 0 && i < 1'000) fill(p, i % 2, 1 + i % 5);  // and then signals alone
    REQUIRE(p.signal(lv::lane_kind::watermark, i, {static_cast<std::int64_t>(i)}));
    while (auto t = m.read()) {
      if (t.signal != nullptr) {
        ++signals;
        misplaced += t.signal->sequence == t.sequence ? 0u : 1u;
      }
      events += t.events.size();
      m.release(t.events.size());
    }
  }
  CHECK(signals == 6'000);
  CHECK(misplaced == 0);
  CHECK(events == p.partition(0).sequence() + p.partition(1).sequence());
}

TEST_CASE("group: time and epoch are those of the turn's partition") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 2);
  {
    auto earlier = *publisher::open(where);
  }
  auto p = *publisher::open(where);
  auto m = join(where);
  publish(p.partition(0), 1, {1'000'000'000});
  publish(p.partition(1), 1, {5'000'000'000});
  for (int i = 0; i < 2; ++i) {
    const auto t = m.read();
    REQUIRE(t.events.size() == 1);
    CHECK(m.time() == lv::timestamp{t.partition == 0 ? 1'000'000'000 : 5'000'000'000});
    CHECK(m.epoch() == 2);
    m.release(1);
  }
}

TEST_CASE("group: reads the events of a line ring as well") {
  scratch_bus scratch;
  const lv::partitioned_topic<lv::line<sample>> where{scratch.bus(), "t", {.partitions = 2, .each = {.capacity = 64}}};
  auto p = *lv::partitioned_publisher<lv::line<sample>>::open(where);
  auto m = lv::group_member<lv::line<sample>>::open(where, "judges");
  REQUIRE(m);
  std::uint64_t got = 0;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    REQUIRE(p.publish(i, make_sample(i), {}));
    for (int empty = 0; empty < 3000; ++empty)
      if (const auto t = m->read(); !t.events.empty()) {
        CHECK(is_whole(t.events[0]));
        got += t.events.size();
        m->release(t.events.size());
        break;
      }
  }
  CHECK(got == 1'000);
}

// ---- waiting -----------------------------------------------------------------------------------------------------------

TEST_CASE("group: a wait ends when there is something in any partition, and when the time is over") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  auto p = *publisher::open(where);
  auto m = join(where);
  CHECK(!m.wait(1_ms));
  for (std::uint32_t i = 0; i < 4; ++i) {
    fill(p, i, 1);
    CHECK(m.wait(60_s));
    reading r;
    r.next[i] = p.partition(i).sequence() - 1;
    r.all(m);
    CHECK(r.events == 1);
    CHECK(!m.wait(1_ms));
  }
}

TEST_CASE("group: one descriptor becomes readable for every partition") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  auto p = *publisher::open(where);
  auto m = join(where);
  const auto readable = [&] {
    pollfd f{m.wake_fd(), POLLIN, 0};
    return ::poll(&f, 1, 0) == 1;
  };
  CHECK(m.patience() == 50_ms);
  for (std::uint32_t i = 0; i < 4; ++i) {
    REQUIRE(m.park());
    CHECK(!readable());
    fill(p, i, 1);
    CHECK(readable());
    m.unpark();
    CHECK(!readable());
    CHECK(!m.park());
    const auto t = m.read();
    CHECK(t.partition == i);
    m.release(t.events.size());
  }
}

// ---- kills and stops ---------------------------------------------------------------------------------------------------

// Joins and reads, and tells that it has by a bell; then waits for what is done to it.
TEST_CASE("peer: member" * doctest::skip()) {
  auto m = member::open(topic_in(peer_folder()), "judges", {.lease = 20_ms, .commits = lv::commit_policy::manual});
  REQUIRE(m);
  reading r;
  while (m->owned().size() < 2) [[maybe_unused]]
    const bool more = m->wait(1_ms);
  bell_in(peer_folder(), "joined").ring();
  const auto lag = [&] {
    std::uint64_t all = 0;
    for (const auto p : m->owned()) all += m->lag(p);
    return all;
  };
  while (lag() < 80) [[maybe_unused]]
    const bool more = m->wait(1_ms);
  while (r.events < 40) r.turn(*m, 10);  // of its two partitions in turn
  CHECK(m->commit());
  while (r.events < 60) r.turn(*m, 10);  // and 10 more of each are not committed
  bell_in(peer_folder(), "read").ring();
  ::raise(SIGSTOP);
  // From here on it is one of yesterday.
  const auto committed = m->commit();
  REQUIRE(!committed);
  CHECK(committed.error().kind == lv::failure::unavailable);
  CHECK(committed.error().sentence.view().find("was taken over by another member") != std::string_view::npos);
  CHECK(m->refused() == 2);
  while (m->fenced() < 2) CHECK(!m->read().events.data());
  bell_in(peer_folder(), "fenced").ring();
  for (;;) [[maybe_unused]]
    const bool more = m->wait(1_s);
}

namespace {

/// A member beside one in another process, after that one has read 30 events of its two partitions, and committed 20.
struct beside_a_peer {
  scratch_bus scratch;
  lv::partitioned_topic<sample> where = topic_on(scratch);
  publisher p = *publisher::open(where);
  member m = join(where, {.lease = 20_ms});
  lv::bell read = bell_in(scratch.folder().string(), "read");
  lv::child peer;
  std::vector<std::uint32_t> others;
  reading r;

  beside_a_peer() {
    auto joined = bell_in(scratch.folder().string(), "joined");
    peer = start_peer("member", scratch);
    while (!joined.wait(1_ms)) r.turn(m);
    for (std::uint32_t i = 0; i < 4; ++i) fill(p, i, 40);
    while (!read.wait(1_ms)) r.turn(m);
    r.all(m);
    for (std::uint32_t i = 0; i < 4; ++i)
      if (!m.owns(i)) others.push_back(i);
    REQUIRE(others.size() == 2);
    for (const auto i : others) CHECK(m.lag(i) == 20);
  }
  /// It has taken over what the peer had: from the committed position on.
  void takes_over() {
    reading late;
    for (const auto i : others) late.next[i] = 20;
    while (m.owned().size() < 4 || m.lag() > 0)
      if (!late.turn(m)) [[maybe_unused]]
        const bool more = m.wait(1_s);
    CHECK(late.wrong + late.again + late.lost == 0);
    CHECK(late.events == 40);
  }
};

}  // namespace

TEST_CASE("group: what a killed member had goes to another, from its last commit on") {
  beside_a_peer on;
  on.peer.kill(SIGKILL);
  CHECK(on.peer.wait().signal == SIGKILL);
  on.takes_over();
  CHECK(on.m.members() == 1);
}

TEST_CASE("group: one that is stopped past its lease is taken over, and finds itself fenced when it goes on") {
  beside_a_peer on;  // it has stopped itself
  auto fenced = bell_in(on.scratch.folder().string(), "fenced");
  on.takes_over();
  CHECK(on.m.members() == 1);                                              // it lives, and does not count
  for (const auto i : on.others) CHECK(fill(on.p, i, 10 * ring) == ring);  // its own cursor keeps nothing from being overwritten
  on.peer.kill(SIGCONT);
  reading r;
  for (std::uint32_t i = 0; i < 4; ++i) r.next[i] = 40;
  while (!fenced.wait(1_ms)) r.turn(on.m);
  // It is a member again, and gets its share.
  while (on.m.owned().size() != 2) {
    r.turn(on.m);
    [[maybe_unused]] const bool more = on.m.wait(1_ms);
  }
  CHECK(on.m.members() == 2);
  CHECK(r.wrong + r.again + r.lost == 0);
  on.peer.kill(SIGKILL);
  on.peer.wait();
}

TEST_CASE("group: a member that was killed keeps the publisher waiting no longer than until somebody has taken over") {
  beside_a_peer on;
  on.peer.kill(SIGKILL);
  CHECK(on.peer.wait().signal == SIGKILL);
  for (const auto i : on.others) CHECK(fill(on.p, i, 10 * ring) == ring - 20);  // what is not committed is not overwritten
  reading r;
  for (const auto i : on.others) r.next[i] = 20;
  while (on.m.owned().size() < 4 || on.m.lag() > 0)
    if (!r.turn(on.m)) [[maybe_unused]]
      const bool more = on.m.wait(1_s);
  CHECK(r.events == 2 * (ring));
  CHECK(r.wrong + r.again + r.lost == 0);
  for (const auto i : on.others) CHECK(on.p.wait_for_room(i, 1_s));
}

TEST_CASE("group: who was fenced reads nothing more of a partition, commits nothing, and keeps the others") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 2);
  auto p = *publisher::open(where);
  auto m = join(where, {.commits = lv::commit_policy::manual});
  for (std::uint32_t i = 0; i < 2; ++i) fill(p, i, 200);
  for (int i = 0; i < 2; ++i) m.release(m.read().events.size());
  const auto file = *lv::file::open((scratch.folder() / "bus/t/.partitions/group.judges").c_str(), O_RDWR);
  const auto map = *lv::mapping::of(file, lv::detail::lease_words::bytes(2), lv::access::read_write);
  const lv::detail::lease_words words(map.base(), 2);
  REQUIRE(words.take(1, words.at(1), 40));  // by somebody who says nothing
  const auto committed = m.commit();
  REQUIRE(!committed);
  CHECK(committed.error().kind == lv::failure::unavailable);
  CHECK(m.refused() == 1);
  CHECK(m.lag(0) < 200);
  CHECK(m.lag(1) == 200);
  for (int i = 0; i < 4; ++i) {
    const auto t = m.read();
    CHECK((t.events.empty() || t.partition == 0));
    m.release(t.events.size());
  }
  CHECK(m.fenced() == 1);
  CHECK(m.owned().size() == 1);
  CHECK(m.lost() == 0);
}

// ---- the table ---------------------------------------------------------------------------------------------------------

TEST_CASE("group: a table that is damaged, or another topic's, is refused in words") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  {
    auto m = join(where);
  }
  const auto path = scratch.folder() / "bus/t/.partitions/group.judges";
  const auto put = [&](std::size_t at, char c) {
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).seekp(static_cast<long>(at)).put(c);
  };
  const auto refused = [&](std::string_view why) {
    const auto m = member::open(where, "judges");
    REQUIRE(!m);
    CHECK(m.error().kind == lv::failure::data);
    CHECK_MESSAGE(m.error().sentence.view().find(why) != std::string_view::npos, std::string(m.error().sentence.view()));
  };
  put(0, 'x');
  refused("not a table of leases");
  put(0, 'l');
  put(8, 77);
  refused("version 77");
  put(8, 2);
  put(12, 9);
  refused("for 9 partitions");
  put(12, 4);
  put(256, 100);  // the owner of partition 0
  refused("the lease of partition 0");
  put(256, 0);
  put(257, '\xFF');  // its cell
  refused("the lease of partition 0");
  put(257, 0);
  {
    auto m = join(where);
  }
  std::filesystem::resize_file(path, 4096);
  refused("it has 4096 bytes");
  std::filesystem::resize_file(path, 10);
  refused("not a table of leases");
  std::filesystem::remove(path);
  auto m = join(where);
  CHECK(m.owned().size() == 4);
}

TEST_CASE("group: a table of an earlier boot is made anew, and a position of a topic that was removed counts for nothing") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 1);
  {
    auto p = *publisher::open(where);
    auto m = join(where);
    fill(p, 0, 100);
    reading r;
    r.all(m);
    CHECK(m.lag() == 0);
  }
  REQUIRE(scratch.bus().remove("t/partition-0"));
  {
    auto p = *publisher::open(where);
    fill(p, 0, 10);
    auto m = join(where);
    reading r;
    r.all(m);
    CHECK(r.events == 10);
  }
  std::fstream(scratch.folder() / "bus/t/.partitions/group.judges", std::ios::binary | std::ios::in | std::ios::out)
      .seekp(16)
      .put('?');
  CHECK(join(where).owned().size() == 1);
}

TEST_CASE("group: names and times that are none are refused in words") {
  scratch_bus scratch;
  const auto where = topic_on(scratch);
  for (const std::string& name : {std::string(), std::string("a/b"), std::string(".a"), std::string(42, 'x')}) {
    const auto m = member::open(where, name);
    REQUIRE(!m);
    CHECK(m.error().kind == lv::failure::usage);
  }
  CHECK(member::open(where, std::string(41, 'x')));
  CHECK(!member::open(where, "a", {.lease = 0_ms}));
  CHECK(!member::open(where, "a", {.look_every = 0_ms}));
}

TEST_CASE("group: other events, another ring and a subscriber of the same name are refused in words") {
  scratch_bus scratch;
  struct other {
    float x;
  };
  const auto where = topic_on(scratch, 1);
  REQUIRE(publisher::open(where));
  const auto wrong = lv::group_member<other>::open({scratch.bus(), "t", {.partitions = 1}}, "judges");
  REQUIRE(!wrong);
  CHECK(wrong.error().kind == lv::failure::data);
  const auto line = lv::group_member<lv::line<sample>>::open({scratch.bus(), "t", {.partitions = 1}}, "judges");
  REQUIRE(!line);
  CHECK(line.error().kind == lv::failure::data);
  {
    auto m = join(where);
    const auto alone = lv::subscriber<sample>::open(where.partition(0), {.name = "group/judges"});
    REQUIRE(!alone);
    CHECK(alone.error().sentence.view().find("already has a subscriber named") != std::string_view::npos);
  }
  auto alone = lv::subscriber<sample>::open(where.partition(0), {.name = "group/judges"});
  REQUIRE(alone);
  const auto m = member::open(where, "judges");
  REQUIRE(!m);
  CHECK(m.error().kind == lv::failure::unavailable);
}

TEST_CASE("group: to tools it is a subscriber of each partition, with a lag") {
  scratch_bus scratch;
  const auto where = topic_on(scratch, 1);
  auto p = *publisher::open(where);
  fill(p, 0, 70);
  const auto look = [&] {
    const auto state = lv::topic_observer::open(scratch.bus(), "t/partition-0")->look();
    REQUIRE(state);
    for (std::size_t i = 0; i < state->subscriber_count; ++i)
      if (state->subscribers[i].name.view() == "group/judges") return state->subscribers[i];
    return lv::subscriber_state{};
  };
  {
    auto m = join(where, {.commits = lv::commit_policy::manual});
    reading r;
    r.turn(m, 30);
    CHECK(look().lag == 70);
    CHECK(m.commit());
    CHECK(look().lag == 40);
    CHECK(look().alive);
    CHECK(look().pid == static_cast<std::uint32_t>(lv::process_id()));
    CHECK(!lv::remove_partitions(scratch.bus(), "t"));
  }
  CHECK(look().lag == 40);
  CHECK(!look().alive);
}
