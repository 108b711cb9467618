// SPDX-License-Identifier: BSL-1.0
// loans: what a pool promises when those who borrow, lend and hold its blocks are killed. Made on purpose:
//   trusting    a block is taken because the free list names it        unheld    a loan is read without being held
//   forgotten   nobody takes back what the dead held                   unkept    a lender lets go when it has committed
#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/connect/lender.hpp>
#include <levada/connect/pool_user.hpp>

#include "../harness.hpp"

#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace {

using namespace levada::literals;
using namespace proofs;

constexpr std::uint32_t blocks = 12;
constexpr std::size_t block_bytes = 4096;

lv::pool pool_on(const scratch_bus& scratch) { return {scratch.bus(), "images", {.block_bytes = block_bytes, .blocks = blocks}}; }
lv::detail::pool_segment raw(const lv::pool& images) { return opened(lv::detail::pool_segment::open_both(images)); }

/// Every word says which payload it is of.
void fill(std::span<std::byte> bytes, std::uint64_t value) {
  for (std::size_t i = 0; i < bytes.size(); i += sizeof value) std::memcpy(bytes.data() + i, &value, sizeof value);
}
bool is_filled(std::span<const std::byte> bytes, std::uint64_t value) {
  for (std::size_t i = 0; i < bytes.size(); i += sizeof value)
    if (std::memcmp(bytes.data() + i, &value, sizeof value) != 0) return false;
  return true;
}

/// What all children have found.
struct verdict {
  std::atomic<std::uint64_t> two_writers{0}, torn{0}, stale{0}, borrowed{0}, held{0};
  std::atomic<std::uint32_t> opened{0};

  /// Writes a block, and looks whether it was alone.
  void write(std::span<std::byte> bytes, std::uint64_t value, std::mt19937_64& random) {
    fill(bytes, value);
    dawdle(random() % 500);
    two_writers.fetch_add(is_filled(bytes, value) ? 0u : 1u);
    borrowed.fetch_add(1);
  }
  void read(std::span<const std::byte> bytes, std::uint64_t value) {
    torn.fetch_add(is_filled(bytes, value) ? 0u : 1u);
    held.fetch_add(1);
  }
};

/// What somebody holds, and what is written there.
struct kept {
  lv::held_block block;
  std::uint64_t value;
};

/// Blocks that are not to be had when all children are dead and somebody has cleared up.
std::uint64_t count_lost(const lv::pool& images, const task& run) {
  if (run.bug == "forgotten") {  // as they lie there
    const auto at = raw(images);
    std::uint64_t held = 0;
    for (std::uint32_t i = 0; i < blocks; ++i) held += lv::detail::holders_of(at.view().words[i].owner.acquire()) != 0 ? 1u : 0u;
    return held;
  }
  auto user = opened(lv::pool_user::open(images));
  std::vector<lv::borrowed_block> all;
  while (auto b = user.borrow()) all.push_back(*std::move(b));
  return blocks - all.size();
}

// ---- by hand -----------------------------------------------------------------------------------------------------------

constexpr std::size_t users = 4;
/// What each user has shared last, for anybody to hold.
struct market {
  verdict all;
  std::atomic<std::uint64_t> offers[users]{};
};

/// Believes the list: what it pops is its own.
void borrow_trusting(const lv::detail::pool_view& at, market& m, std::mt19937_64& random) {
  for (std::uint32_t block = 0;;) {
    if (!at.list.pop(block) || block >= blocks) continue;
    m.all.write({at.block(block), block_bytes}, random(), random);
    at.list.push(block);
  }
}

void trade_for_ever(const lv::pool& images, market& m, std::size_t me, std::uint64_t number, const std::string& bug) {
  std::mt19937_64 random(number);
  const auto at = raw(images);
  auto user = opened(lv::pool_user::open(images));
  m.all.opened.fetch_add(1);
  if (bug == "trusting" && me < users / 2) borrow_trusting(at.view(), m, random);
  std::deque<kept> album;
  for (std::uint64_t value = number << 24;;) {
    if (auto b = user.borrow()) {
      m.all.write(b->bytes(), ++value, random);
      if (random() % 8 != 0) {
        album.push_back({user.share(*std::move(b), block_bytes), value});
        const auto& l = album.back().block.lent();
        m.offers[me].store(std::uint64_t{l.generation} << 32 | l.block);
      }
    }
    const auto offer = m.offers[random() % users].load();
    const lv::loan l{static_cast<std::uint32_t>(offer), static_cast<std::uint32_t>(offer >> 32), block_bytes};
    std::uint64_t is = 0;
    if (bug == "unheld") {
      const std::span bytes{at.view().block(l.block), block_bytes};
      std::memcpy(&is, bytes.data(), sizeof is);
      dawdle(random() % 500);
      m.all.read(bytes, is);
    } else if (auto h = user.hold(l)) {
      std::memcpy(&is, h->bytes().data(), sizeof is);
      album.push_back({*std::move(h), is});
    }
    if (!album.empty()) {
      const auto& one = album[random() % album.size()];
      m.all.read(one.block.bytes(), one.value);
    }
    while (album.size() > random() % 4) album.pop_front();
  }
}

void kill_users(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const auto images = pool_on(scratch);
  const shared<market> m;
  std::mt19937_64 random(run.seed);
  times recoveries;
  std::uint64_t lost = 0, audits = 0, freed = 0, started = 0;
  pid_t children[users];
  const auto start_one = [&](std::size_t me) {
    const auto next = ++started + run.seed * 2 * rounds;
    children[me] = start([&, next] { trade_for_ever(images, *m, me, next, run.bug); });
  };
  for (std::uint64_t i = 0; i < rounds;) {
    for (std::size_t me = 0; me < users; ++me) start_one(me);
    {
      auto supervisor = opened(lv::pool_reader::open(images));  // after the fork, so that only this process has its lock
      for (const auto audit = i + 250; i < rounds && i < audit; ++i) {
        const auto me = random() % users;
        const auto before = m->all.opened.load();
        kill_now(children[me]);
        const auto begin = now_ns();
        freed += opened(supervisor.recover());
        recoveries.add(now_ns() - begin);
        start_one(me);
        for (const auto until = now_ns() + 20'000'000; m->all.opened.load() == before && now_ns() < until;) ::usleep(20);
        ::usleep(static_cast<unsigned>(random() % 400));
      }
    }
    for (const auto child : children) kill_now(child);
    lost += count_lost(images, run);
    ++audits;
  }
  rows.row(
      "participants of a pool killed at any instruction while they borrow, write, share, hold and let go",
      print("%llu kills, %llu blocks written, %llu looked at", number(rounds), number(m->all.borrowed.load()),
            number(m->all.held.load())),
      print(
          "blocks lost after recovery %llu in %llu audits, with two writers %llu, torn while held %llu; a recovery: p50 %.0f us, "
          "p99 %.0f us",
          number(lost), number(audits), number(m->all.two_writers.load()), number(m->all.torn.load()), recoveries.at(0.5),
          recoveries.at(0.99)),
      lost + m->all.two_writers.load() + m->all.torn.load() == 0 && m->all.held.load() > 0 && freed > 0);
}

// ---- beside a publisher --------------------------------------------------------------------------------------------------

struct picture {
  std::uint64_t number = 0;
  lv::loan image;
};
using gallery = lv::topic<picture>;

/// Value of the payload of an event: what was never committed has another one.
constexpr std::uint64_t value_of(std::uint64_t sequence, std::uint32_t epoch) { return sequence * 0x9e3779b97f4a7c15u + epoch; }

void lend_for_ever(const lv::pool& images, const gallery& pictures, verdict& all, std::uint64_t seed, const std::string& bug) {
  std::mt19937_64 random(seed);
  auto p = opened(lv::publisher<picture>::open(pictures));
  auto l = opened(lv::lender::open(images, pictures, p, {.keep = static_cast<std::uint32_t>(random() % 3)}));
  all.opened.fetch_add(1);
  std::optional<lv::pool_user> hasty;
  if (bug == "unkept") hasty = opened(lv::pool_user::open(images));
  for (;;) {
    auto b = hasty ? hasty->borrow() : l.borrow(p);
    if (!b) {
      ::usleep(static_cast<unsigned>(random() % 50));
      continue;
    }
    const auto value = value_of(p.sequence(), p.epoch());
    all.write(b->bytes(), value, random);
    const auto room = p.claim(1);
    if (room.empty()) continue;
    if (hasty) {
      const auto shared = hasty->share(*std::move(b), block_bytes);
      room[0] = {p.sequence(), shared.lent()};
    } else {
      room[0] = {p.sequence(), l.lend(*std::move(b), block_bytes, p.sequence())};
    }
    p.commit(1, {});
    if (random() % 4 == 0) dawdle(random() % 20'000);
  }
}

/// Reads what there is; every loan is good, and every payload is that of its event.
void look(lv::subscriber<picture>& s, lv::pool_reader& eye, std::deque<kept>& album, verdict& all, std::mt19937_64& random,
          std::uint64_t& missing, std::uint64_t& next) {
  while (const auto turn = s.read()) {
    for (const auto& e : turn.events) {
      missing += e.number == next ? 0u : 1u;
      next = e.number + 1;
      auto h = eye.hold(e.image);
      all.stale.fetch_add(h ? 0u : 1u);
      if (!h) continue;
      const auto value = value_of(e.number, s.epoch());
      all.read(h->bytes(), value);
      if (random() % 3 == 0) album.push_back({*std::move(h), value});
    }
    s.release(turn.events.size());
    if (!album.empty()) all.read(album.front().block.bytes(), album.front().value);
    while (album.size() > random() % 3) album.pop_front();
  }
}

void kill_lenders(board& rows, const task& run, std::uint64_t rounds) {
  const scratch_bus scratch;
  const auto images = pool_on(scratch);
  const gallery pictures{scratch.bus(), "pictures", {.capacity = 512}};
  const shared<verdict> all;
  std::mt19937_64 random(run.seed);
  std::uint64_t missing = 0, next = 0, lost = 0, started = 0;
  std::deque<kept> none;
  times takeovers;
  constexpr std::size_t lender = 0, people = 3;
  pid_t children[people];
  const auto start_one = [&](std::size_t who) {
    const auto seed = ++started + run.seed * 2 * rounds;
    children[who] = start([&, who, seed] {
      if (who == lender) return lend_for_ever(images, pictures, *all, seed, run.bug);
      std::mt19937_64 dice(seed);
      auto s = opened(lv::subscriber<picture>::open(pictures, {.from = lv::start_at::latest}));
      auto eye = opened(lv::pool_reader::open(images));
      std::deque<kept> album;
      all->opened.fetch_add(1);
      for (std::uint64_t holes = 0, from = s.position();;) {
        look(s, eye, album, *all, dice, holes, from);
        [[maybe_unused]] const bool more = s.wait(1_ms);
      }
    });
  };
  {
    auto s = opened(lv::subscriber<picture>::open(pictures));  // one that lives through everything, and misses nothing
    auto eye = opened(lv::pool_reader::open(images));
    const auto watch = [&] { look(s, eye, none, *all, random, missing, next); };
    for (std::size_t who = 0; who < people; ++who) start_one(who);
    for (std::uint64_t i = 0; i < rounds; ++i) {
      for (const auto until = now_ns() + static_cast<std::int64_t>(random() % 400'000); now_ns() < until;) watch();
      const auto who = random() % 2 == 0 ? lender : 1 + random() % (people - 1);
      const auto before = all->opened.load();
      const auto begin = now_ns();
      kill_now(children[who]);
      start_one(who);
      while (all->opened.load() == before) watch();
      if (who == lender) takeovers.add(now_ns() - begin);
    }
    for (const auto child : children) kill_now(child);
    watch();
    none.clear();
  }
  lost = count_lost(images, run);
  rows.row(
      "lenders and holders killed at any instruction, while one subscriber lives through it all",
      print("%llu kills, %llu pictures committed, %llu looked at", number(rounds), number(next), number(all->held.load())),
      print("stale for those who are waited for %llu, torn %llu, missing %llu, with two writers %llu, blocks lost %llu; kill to "
            "the next lender: p50 %.0f us, p99 %.0f us",
            number(all->stale.load()), number(all->torn.load()), number(missing), number(all->two_writers.load()), number(lost),
            takeovers.at(0.5), takeovers.at(0.99)),
      all->stale.load() + all->torn.load() + missing + all->two_writers.load() + lost == 0 && next > 0);
}

}  // namespace

int main(int argc, char** argv) {
  const task run(argc, argv, {"trusting", "unheld", "forgotten", "unkept"});
  board rows(run.bug);
  if (run.wants({"trusting", "unheld", "forgotten"})) kill_users(rows, run, run.effort(10'000, 200));
  if (run.wants({"unkept"})) kill_lenders(rows, run, run.effort(10'000, 200));
  return rows.exit_code();
}
