// SPDX-License-Identifier: BSL-1.0
#include <levada/connect/lender.hpp>

#include <levada/bus/frames.hpp>
#include <levada/bus/line.hpp>
#include <levada/bus/many.hpp>
#include <levada/bus/subscriber.hpp>

#include <doctest/doctest.h>

#include "../support/child.hpp"
#include "pools.hpp"

#include <atomic>
#include <csignal>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

struct picture {
  std::uint64_t number = 0;
  lv::loan image;
};

struct studio {
  scratch_bus scratch;
  lv::pool images;
  lv::topic<picture> pictures{scratch.bus(), "pictures", {.capacity = 512}};
  explicit studio(std::uint64_t blocks = 4) : images(pool_on(scratch, blocks)) {}

  lv::publisher<picture> publisher() const { return *lv::publisher<picture>::open(pictures); }
  lv::lender lender(const lv::publisher<picture>& to, std::uint32_t keep = 0) const {
    return *lv::lender::open(images, pictures, to, {.keep = keep});
  }
  lv::subscriber<picture> subscriber(const lv::subscriber_options& options = {}) const {
    return *lv::subscriber<picture>::open(pictures, options);
  }
  lv::pool_reader reader() const { return *lv::pool_reader::open(images); }
};

/// Publishes the next picture, of which every word is its number. False where there is no block.
bool shoot(lv::publisher<picture>& to, lv::lender& from) {
  auto block = from.borrow(to);
  if (!block) return false;
  fill(block->bytes(), to.sequence());
  auto room = to.claim(1);
  if (room.empty()) return false;
  room[0] = {to.sequence(), from.lend(*std::move(block), 4096, to.sequence())};
  to.commit(1, {});
  return true;
}
bool is_right(const picture& p, const lv::held_block& image) { return is_filled(image.bytes(), p.number); }

}  // namespace

TEST_CASE("pictures: two subscribers look at each, one of them keeps some for long, and none is ever stale or torn") {
  studio on(8);
  auto p = on.publisher();
  auto l = on.lender(p);
  auto quick = on.subscriber({.name = "quick"}), keen = on.subscriber({.name = "keen"});
  auto quick_eye = on.reader(), keen_eye = on.reader();
  std::deque<std::pair<picture, lv::held_block>> album;
  std::mt19937_64 random(1);
  std::uint64_t shot = 0, seen = 0, dropped = 0;
  for (int i = 0; i < 5'000; ++i) {
    for (auto n = random() % 4; n > 0; --n) ++(shoot(p, l) ? shot : dropped);
    if (random() % 2 == 0) {
      const auto t = quick.read();
      for (const auto& e : t.events) {
        const auto image = quick_eye.hold(e.image);
        REQUIRE(image);
        REQUIRE(is_right(e, *image));
        ++seen;
      }
      quick.release(t.events.size());
    }
    if (random() % 2 == 0) {
      const auto t = keen.read();
      for (const auto& e : t.events) {
        auto image = keen_eye.hold(e.image);
        REQUIRE(image);
        if (e.number % 3 == 0) album.emplace_back(e, *std::move(image));
      }
      keen.release(t.events.size());
      while (album.size() > 3) album.pop_front();
    }
    for (const auto& [e, image] : album) REQUIRE(is_right(e, image));
  }
  CHECK(shot > 1'000);
  CHECK(dropped > 100);
  CHECK(seen + quick.unread() == shot);
  CHECK(quick_eye.counts().stale + keen_eye.counts().stale == 0);
  CHECK(l.counts().exhausted == dropped);
  CHECK(l.counts().searches == 0);
}

TEST_CASE("a block is another's as soon as all have passed its event, and the last ones stay as long as nobody needs them") {
  studio on(8);
  const look at(on.images);
  auto p = on.publisher();
  auto l = on.lender(p, 3);
  auto s = on.subscriber();
  for (int i = 0; i < 6; ++i) REQUIRE(shoot(p, l));
  CHECK(at.held() == 6);
  s.release(s.read().events.size());
  l.collect(p);
  CHECK(l.lent() == 3);
  CHECK(at.held() == 3);
  auto user = *lv::pool_user::open(on.images);
  std::vector<lv::borrowed_block> others;  // they need them: it was a wish, and no more
  for (int i = 0; i < 5; ++i) others.push_back(*user.borrow());
  CHECK(!user.borrow());
  auto block = l.borrow(p);
  CHECK(block);
  CHECK(l.lent() == 2);
}

TEST_CASE("a block that was lent and never committed is let go of behind the next event") {
  studio on(2);
  auto p = on.publisher();
  auto l = on.lender(p);
  for (int i = 0; i < 10; ++i) {
    auto block = l.borrow(p);
    REQUIRE(block);
    [[maybe_unused]] const auto forgotten = l.lend(*std::move(block), 8, p.sequence());
    REQUIRE(shoot(p, l));
  }
}

TEST_CASE("one that comes late, or is not waited for, finds a stale loan or the right picture") {
  studio on(4);
  auto p = on.publisher();
  auto l = on.lender(p, 2);
  for (int i = 0; i < 20; ++i) REQUIRE(shoot(p, l));
  for (const auto policy : {lv::overflow_policy::block, lv::overflow_policy::overwrite}) {
    auto late = on.subscriber({.overflow = policy});
    auto eye = on.reader();
    std::uint64_t good = 0;
    for (auto t = late.read(); t; t = late.read()) {
      for (const auto& e : t.events) {
        const auto image = eye.hold(e.image);
        if (image) REQUIRE(is_right(e, *image));
        good += image ? 1u : 0u;
      }
      late.release(t.events.size());
    }
    CHECK(good == 3);  // two that are kept, and the last one
    CHECK(eye.counts().stale == 17);
  }
}

TEST_CASE("subscribers that are in the way and died, or stood still past their lease, hold up no pool") {
  for (const bool evicted : {false, true}) {
    studio on(2);
    auto p = on.publisher();
    auto l = on.lender(p);
    std::optional<lv::subscriber<picture>> slow;
    if (evicted)
      slow = on.subscriber({.overflow = lv::overflow_policy::evict, .lease = lv::duration{1}});
    else
      CHECK(support::in_child([&] {
              const auto s = on.subscriber();
              return ::raise(SIGKILL);
            }).code == 128 + SIGKILL);
    REQUIRE(shoot(p, l));
    REQUIRE(shoot(p, l));
    while (!shoot(p, l)) {  // looked at once a millisecond; far from a full ring
    }
    CHECK(p.sequence() == 3);
    CHECK(p.evictions() == (evicted ? 1 : 0));
    if (evicted) CHECK(!slow->status());
  }
}

TEST_CASE("a living subscriber in the way holds the lender up, and nothing of what it has not read is lost") {
  studio on(2);
  auto p = on.publisher();
  auto l = on.lender(p);
  auto s = on.subscriber();
  auto eye = on.reader();
  REQUIRE(shoot(p, l));
  REQUIRE(shoot(p, l));
  const auto refused = l.borrow(p);
  REQUIRE(!refused);
  CHECK(refused.error().sentence.view() == "all 2 blocks of pool 'images' are held: let go of some, or make it larger");
  for (const auto& e : s.read().events) CHECK(is_right(e, *eye.hold(e.image)));
  s.release(2);
  CHECK(shoot(p, l));
}

// ---- death -------------------------------------------------------------------------------------------------------------

TEST_CASE(
    "a publisher and its lender are killed: what was committed is still there, what was not is free, and the next goes on") {
  for (const bool in_order : {false, true}) {
    studio on(6);
    const look at(on.images);
    auto s = on.subscriber();
    auto eye = on.reader();
    const auto died = support::in_child([&] {
      auto p = on.publisher();
      auto l = on.lender(p);
      for (int i = 0; i < 3; ++i)
        if (!shoot(p, l)) return 1;
      if (in_order) return 0;
      [[maybe_unused]] const auto lent = l.lend(*l.borrow(p), 8, p.sequence());  // never committed
      const auto writing = l.borrow(p);
      return ::raise(SIGKILL);
    });
    REQUIRE(died.code == (in_order ? 0 : 128 + SIGKILL));
    CHECK(at.held() == (in_order ? 3 : 5));
    REQUIRE(eye.recover());
    CHECK(at.held() == (in_order ? 3 : 4));  // what was lent is a promise
    auto p = on.publisher();
    auto l = on.lender(p);
    CHECK(at.held() == 3);
    CHECK(l.lent() == 3);
    for (int i = 0; i < 3; ++i) REQUIRE(shoot(p, l));
    CHECK(!shoot(p, l));
    std::size_t seen = 0;
    for (auto t = s.read(); t; t = s.read()) {
      for (const auto& e : t.events) {
        const auto image = eye.hold(e.image);
        REQUIRE(image);
        CHECK(is_right(e, *image));
        ++seen;
      }
      s.release(t.events.size());
    }
    CHECK(seen == 6);
    for (int i = 0; i < 6; ++i) CHECK(shoot(p, l));
  }
}

TEST_CASE("what a lender has lent that does not return is given up at last, when every block is held") {
  studio on(3);
  auto s = on.subscriber();
  {
    auto p = on.publisher();
    auto l = on.lender(p);
    for (int i = 0; i < 3; ++i) REQUIRE(shoot(p, l));
  }
  auto user = *lv::pool_user::open(on.images);
  CHECK(user.borrow());
  CHECK(user.counts().recovered == 3);
  auto eye = on.reader();
  for (const auto& e : s.read().events) CHECK(!eye.hold(e.image));
}

TEST_CASE("a place that a lender has left belongs to its loans until they are gone") {
  studio on(40);
  auto s = on.subscriber();
  {
    auto p = on.publisher();
    auto l = on.lender(p);
    REQUIRE(shoot(p, l));
  }
  std::vector<lv::pool_reader> all;
  for (int i = 0; i < 31; ++i) all.push_back(on.reader());
  const auto e = s.read().events[0];
  CHECK(all[0].hold(e.image));
  all.push_back(on.reader());  // the last place: now they are given up
  CHECK(!all[0].hold(e.image));
}

TEST_CASE("a topic has one lender of a pool at a time") {
  studio on;
  auto p = on.publisher();
  std::optional<lv::lender> l = on.lender(p);
  const auto other = lv::lender::open(on.images, on.pictures, p);
  REQUIRE(!other);
  CHECK(other.error().kind == lv::failure::unavailable);
  CHECK(other.error().sentence.view().starts_with("pool 'images' already has a lender for this topic (pid "));
  const lv::topic<picture> more{on.scratch.bus(), "more"};
  CHECK(lv::lender::open(on.images, more, *lv::publisher<picture>::open(more)));
  l.reset();
  CHECK(lv::lender::open(on.images, on.pictures, p));
}

TEST_CASE("producers of one topic have a lender each, and none takes up what the other has lent") {
  studio on(8);
  using ring = lv::many<picture>;
  const lv::topic<ring> album{on.scratch.bus(), "album", {.capacity = 512, .producers = 2}};
  auto a = *lv::publisher<ring>::open(album), b = *lv::publisher<ring>::open(album);
  auto s = *lv::subscriber<ring>::open(album);
  auto eye = on.reader();
  auto of_a = lv::lender::open(on.images, album, a);
  REQUIRE(of_a);
  a.claim(2)[0] = {0, of_a->lend(*of_a->borrow(a), 8, a.sequence())};
  a.commit(2, {});  // further on than the other
  a.claim(1)[0] = {2, of_a->lend(*of_a->borrow(a), 8, a.sequence())};
  a.commit(1, {});
  {
    const auto gone = std::move(of_a);
  }
  auto of_b = lv::lender::open(on.images, album, b);
  REQUIRE(of_b);
  CHECK(of_b->lent() == 0);
  CHECK(lv::lender::open(on.images, album, a)->lent() == 2);
  std::size_t found = 0;
  while (const auto t = s.read()) {
    for (const auto& e : t.events) found += e.image && eye.hold(e.image) ? 1u : 0u;
    s.release(t.events.size());
  }
  CHECK(found == 2);
}

TEST_CASE("words of nonsense cost pictures, and never the program") {
  studio on(8);
  const look at(on.images);
  std::mt19937_64 random(1);
  const std::span words{reinterpret_cast<std::byte*>(at.segment.view().places),
                        static_cast<std::size_t>(at.segment.view().measure.words_bytes())};
  for (int round = 0; round < 300; ++round) {
    auto p = on.publisher();
    auto l = on.lender(p, 2);
    auto s = on.subscriber();
    auto eye = on.reader();
    std::optional<lv::held_block> kept;
    for (int i = 0; i < 30; ++i) {
      [[maybe_unused]] const bool shot = shoot(p, l);
      for (auto t = s.read(); t; t = s.read()) {
        for (const auto& e : t.events)
          if (auto image = eye.hold(e.image)) kept = *std::move(image);
        s.release(t.events.size());
      }
      const auto where = round % 2 == 0 ? words.size() : 4096 + 8 * 64;  // anywhere, or in the places and the owner words
      for (auto n = random() % 3; n > 0; --n) words[random() % where] = static_cast<std::byte>(random());
    }
    REQUIRE(eye.recover());
  }
  for (std::uint32_t i = 0; i < 8; ++i)
    at.owner(i).relaxed(at.owner(i).relaxed() | UINT32_MAX);  // held by all, who are not there
  auto user = *lv::pool_user::open(on.images);
  std::vector<lv::borrowed_block> all;
  while (auto b = user.borrow()) all.push_back(*std::move(b));
  CHECK(all.size() == 8);
}

// ---- with everything a topic can be ------------------------------------------------------------------------------------

TEST_CASE("threads: a lender and two subscribers over one mapping") {
  studio on(6);
  auto ring = *lv::detail::segment::open_both(on.pictures);
  auto memory = *lv::detail::pool_segment::open_both(on.images);
  constexpr std::uint64_t total = 3'000;
  std::atomic<std::uint64_t> wrong{0}, seen{0};
  const auto watch = [&](bool keeps) {
    auto s = *lv::subscriber<picture>::over(ring);
    auto eye = *lv::pool_reader::over(memory);
    std::optional<lv::held_block> kept;
    picture kept_event;
    for (std::uint64_t next = 0; next < total;) {
      if (!s.wait(60_s)) break;
      const auto t = s.read();
      for (const auto& e : t.events) {
        auto image = eye.hold(e.image);
        wrong.fetch_add(image && is_right(e, *image) && e.number == next ? 0u : 1u);
        if (kept && !is_right(kept_event, *kept)) wrong.fetch_add(1);
        if (image && keeps && next % 5 == 0) kept = *std::move(image), kept_event = e;
        ++next;
      }
      s.release(t.events.size());
      seen.fetch_add(t.events.size());
    }
  };
  auto p = *lv::publisher<picture>::over(ring);
  auto l = *lv::lender::over(memory, on.pictures, p);
  std::thread quick(watch, false), keen(watch, true);
  while (p.subscribers() < 2) std::this_thread::yield();
  while (p.sequence() < total)
    if (!shoot(p, l)) std::this_thread::yield();
  quick.join();
  keen.join();
  CHECK(wrong.load() == 0);
  CHECK(seen.load() == 2 * total);
}

TEST_CASE("a line ring and a ring of frames carry loans as well") {
  studio on(2);
  const lv::topic<lv::line<picture>> lines{on.scratch.bus(), "lines", {.capacity = 64}};
  auto p = *lv::publisher<lv::line<picture>>::open(lines);
  auto s = *lv::subscriber<lv::line<picture>>::open(lines);
  auto l = *lv::lender::open(on.images, lines, p, {.keep = 0});
  auto eye = on.reader();
  for (std::uint64_t i = 0; i < 10; ++i) {
    p.claim(1)[0] = picture{i, l.lend(*l.borrow(p), 8, p.sequence())};
    p.commit(1, {});
    const auto t = s.read();
    CHECK(eye.hold(t.events[0].image));
    s.release(1);
  }
  const lv::topic<lv::frames<>> frames{on.scratch.bus(), "frames", {.capacity = 512}};
  auto fp = *lv::publisher<lv::frames<>>::open(frames);
  auto fs = *lv::subscriber<lv::frames<>>::open(frames);
  auto fl = *lv::lender::open(on.images, frames, fp, {.keep = 0});
  l.collect(p);
  for (std::uint64_t i = 0; i < 10; ++i) {
    auto room = fp.claim(sizeof(lv::loan));
    const auto lent = fl.lend(*fl.borrow(fp), 8, fp.sequence());
    std::memcpy(room.data(), &lent, sizeof lent);
    fp.commit(room.size(), {});
    const auto t = fs.read();
    lv::loan read;
    std::memcpy(&read, t.events[0].data, sizeof read);
    CHECK(eye.hold(read));
    fs.release(1);
  }
}
