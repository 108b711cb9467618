// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/many.hpp>

#include <levada/bus/directory.hpp>
#include <levada/bus/frames.hpp>
#include <levada/bus/line.hpp>
#include <levada/bus/record_subscriber.hpp>
#include <levada/os/file.hpp>
#include <levada/os/loop.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace {

using lv::many;

/// One way to write and to read samples for rings of each kind.
void send(auto& p, const sample& e, lv::timestamp now = {}) {
  auto room = p.claim(1);
  REQUIRE(room.size() == 1);
  room[0] = e;
  p.commit(1, now);
}
void send(lv::publisher<many<lv::frames<>>>& p, const sample& e, lv::timestamp now = {}) {
  auto room = p.claim(sizeof e);
  REQUIRE(room.size() == sizeof e);
  std::memcpy(room.data(), &e, sizeof e);
  p.commit(sizeof e, now);
}
sample sample_in(const sample& e) { return e; }
sample sample_in(const lv::frame& f) {
  sample e;
  REQUIRE(f.length == sizeof e);
  std::memcpy(&e, f.data, sizeof e);
  return e;
}

template <class Ring>
using topic = lv::topic<many<Ring>>;
template <class Ring>
topic<Ring> topic_on(const scratch_bus& scratch, std::uint32_t producers = 4, std::uint64_t capacity = 512) {
  return {scratch.bus(), "t", {.capacity = capacity, .producers = producers}};
}
template <class Ring>
lv::publisher<many<Ring>> publisher_of(const topic<Ring>& t) {
  auto p = lv::publisher<many<Ring>>::open(t);
  REQUIRE(p);
  return std::move(*p);
}
template <class Ring>
lv::subscriber<many<Ring>> subscriber_of(const topic<Ring>& t, const lv::subscriber_options& options = {}) {
  auto s = lv::subscriber<many<Ring>>::open(t, options);
  REQUIRE(s);
  return std::move(*s);
}

/// Reads to the end, and holds it against the rule: each producer's events are whole and in order. Samples carry the epoch and,
/// in it, an index that grows by one.
struct reader {
  std::uint64_t events = 0, wrong = 0, signals = 0;
  std::uint64_t next[lv::most_producers]{};
  template <class Ring>
  void drain(lv::subscriber<many<Ring>>& s) {
    while (const auto turn = s.read()) {
      if (turn.signal != nullptr) ++signals;
      next[s.producer()] += turn.lost;
      for (const auto& one : turn.events) {
        const auto e = sample_in(one);
        wrong += is_whole(e) && e.index == next[s.producer()]++ && e.epoch == s.epoch() ? 0u : 1u;
        ++events;
      }
      s.release(turn.events.size());
    }
  }
};
#define KINDS sample, lv::line<sample>, lv::frames<>

bool says(const auto& refused, lv::failure kind, std::string_view sentence) {
  const std::string said(refused ? "nothing" : refused.error().sentence.view());
  CHECK(said == sentence);
  return !refused && refused.error().kind == kind;
}

}  // namespace

TEST_CASE_TEMPLATE("many: a subscriber gets the events of all producers, each one's in its order", Ring, KINDS) {
  scratch_bus scratch;
  const auto t = topic_on<Ring>(scratch);
  auto s = subscriber_of(t);
  auto a = publisher_of(t), b = publisher_of(t), c = publisher_of(t);
  CHECK(a.producer() == 0);
  CHECK(b.producer() == 1);
  CHECK(c.producer() == 2);
  reader r;
  std::mt19937_64 random(1);
  std::uint64_t sent[3]{};
  for (int round = 0; round < 3000; ++round) {
    auto which = random() % 3;
    auto& p = which == 0 ? a : which == 1 ? b : c;
    send(p, make_sample(sent[which]++, p.epoch()), {round * 100'000});
    if (random() % 10 == 0) REQUIRE(p.signal(lv::lane_kind::watermark, 1, {}));
    if (random() % 20 == 0) r.drain(s);
  }
  r.drain(s);
  CHECK(r.wrong == 0);
  CHECK(r.events == 3000);
  CHECK(std::equal(sent, sent + 3, r.next));
  CHECK(r.signals > 200);
  CHECK(s.unread() == 0);
  CHECK(s.lost() == 0);
}

TEST_CASE("many: producer, epoch and sequence name an event for good, also for who knows its type only at run time") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch);
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>> names;
  auto s = subscriber_of(t);
  for (int life = 0; life < 3; ++life) {
    auto a = publisher_of(t), b = publisher_of(t);
    for (auto* p : {&a, &b}) publish(*p, 10);
  }
  while (const auto turn = s.read()) {
    for (std::size_t i = 0; i < turn.events.size(); ++i) {
      names.emplace(s.producer(), s.epoch(), s.position(s.producer()));
      s.release(1);
    }
  }
  CHECK(names.size() == 60);
  CHECK(std::get<0>(*names.rbegin()) == 1);
  CHECK(std::get<1>(*names.rbegin()) == 3);

  auto records = lv::record_subscriber::open(scratch.bus(), "t/1");
  REQUIRE(records);
  REQUIRE(!records->read().events.empty());
  CHECK(records->producer() == 1);
}

TEST_CASE_TEMPLATE("many: turns go round, so that a producer that never pauses keeps nobody waiting", Ring, KINDS) {
  scratch_bus scratch;
  const auto t = topic_on<Ring>(scratch);
  auto busy = publisher_of(t), other = publisher_of(t), third = publisher_of(t);
  auto s = subscriber_of(t);
  std::uint64_t sent = 0;
  const auto fill = [&] {
    while (s.at(0).unread() < 100) send(busy, make_sample(sent++, busy.epoch()));
  };
  fill();
  for (std::uint64_t i = 0; i < 200; ++i) {
    send(other, make_sample(i, other.epoch()));
    if (i % 2 == 0) send(third, make_sample(i / 2, third.epoch()));
    std::set<std::uint32_t> came;
    for (int turns = 0; turns < 3; ++turns) {  // there are four places, and three have something at most
      const auto turn = s.read();
      REQUIRE(turn);
      came.insert(s.producer());
      s.release(turn.events.size());
      fill();
    }
    CHECK(came.contains(1));
    CHECK((i % 2 != 0 || came.contains(2)));
  }
}

TEST_CASE("many: whoever makes the topic decides how many producers there can be, and how large a ring is") {
  scratch_bus scratch;
  auto s = subscriber_of(topic_on<sample>(scratch, 2, 1024));
  CHECK(s.places() == 2);
  auto a = publisher_of(topic_on<sample>(scratch, 16, 4096)), b = publisher_of(topic_on<sample>(scratch, 1));
  CHECK(a.capacity() == 1024);
  CHECK(b.capacity() == 1024);
  CHECK(says(lv::publisher<many<sample>>::open(topic_on<sample>(scratch)), lv::failure::unavailable,
             "all 2 places for publishers of topic 't' are taken: stop one, or make the topic anew for more "
             "(topic_options::producers, 16 at most)"));
  a = publisher_of(topic<sample>{scratch.bus(), "u", {.producers = 1}});
  CHECK(a.producer() == 0);
  CHECK(publisher_of(topic_on<sample>(scratch)).producer() == 0);
  for (const std::uint32_t n : {0u, 17u})
    CHECK(says(lv::publisher<many<sample>>::open(topic<sample>{scratch.bus(), "v", {.producers = n}}), lv::failure::usage,
               "topic 'v' is to have " + std::to_string(n) + " producers: 1 to 16 is possible"));
  CHECK(says(lv::publisher<many<sample>>::open(topic<sample>{scratch.bus(), std::string(93, 'x')}), lv::failure::usage,
             "the name of topic '" + std::string(93, 'x') + "' is too long for many producers: 92 characters at most"));
  CHECK(lv::publisher<many<sample>>::open(topic<sample>{scratch.bus(), std::string(92, 'x'), {.producers = 16}}));
}

TEST_CASE("many: a producer takes a place at which another was cut off before one at which the end was said") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch, 3);
  auto s = subscriber_of(t);
  {
    auto a = publisher_of(t), b = publisher_of(t);
    publish(a, 5);
    publish(b, 7);
    REQUIRE(a.signal(lv::lane_kind::end, 0, {}));
  }
  auto p = publisher_of(t);
  CHECK(p.producer() == 1);
  CHECK(p.epoch() == 2);
  CHECK(p.sequence() == 7);
  auto q = publisher_of(t);
  CHECK(q.producer() == 0);
  CHECK(publisher_of(t).producer() == 2);
}

TEST_CASE("many: what would lose events in silence is refused in words") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch);
  auto s = subscriber_of(t);
  const lv::topic<sample> whole{scratch.bus(), "t"}, part{scratch.bus(), "t/1"}, plain{scratch.bus(), "plain"};
  const std::string_view is_for_many =
      "topic 't' is for 4 producers, each with a ring of its own: name it as topic<many<T>>, look at 't/0' and so on, or use another "
      "topic";
  CHECK(says(lv::publisher<sample>::open(whole), lv::failure::data, is_for_many));
  CHECK(says(lv::subscriber<sample>::open(whole), lv::failure::data, is_for_many));
  CHECK(says(lv::record_subscriber::open(scratch.bus(), "t"), lv::failure::data, is_for_many));
  const std::string_view is_part =
      "topic 't/1' is the ring of one producer of 4: name the whole, without the number, as topic<many<T>>, or use another topic";
  CHECK(says(lv::publisher<sample>::open(part), lv::failure::data, is_part));
  CHECK(says(lv::subscriber<sample>::open(part), lv::failure::data, is_part));
  REQUIRE(lv::publisher<sample>::open(plain));
  CHECK(says(lv::publisher<many<sample>>::open(topic<sample>(plain)), lv::failure::data,
             "topic 'plain' has one producer: name it as topic<T>, not as topic<many<T>>, or use another topic"));
  CHECK(
      says(lv::subscriber<many<lv::line<sample>>>::open(topic<lv::line<sample>>{scratch.bus(), "t"}), lv::failure::data,
           "topic 't/0' is a stream ring; this subscriber is for a line ring: name it as topic<many<T>>, or use another topic"));
  CHECK(says(lv::subscriber<many<sample>>::open(t, {.from = lv::start_at::after(3)}), lv::failure::usage,
             "topic 't' has many producers, each of which counts its own events: begin at the earliest, the latest or a time"));
  REQUIRE(lv::publisher<sample>::open({scratch.bus(), "u/2"}));
  CHECK(says(lv::publisher<many<sample>>::open(topic<sample>{scratch.bus(), "u"}), lv::failure::data,
             "topic 'u/2' is an ordinary topic, and stands where one of many producers has its ring: remove it, or use another "
             "topic"));
  CHECK(lv::publisher<sample>::open({scratch.bus(), "t/other"}));  // names below it are free
  CHECK(lv::publisher<sample>::open({scratch.bus(), "t/4"}));
}

TEST_CASE("many: what a maker that was killed has left is completed, as the first ring is, by whoever comes next") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch, 3, 1024);
  const auto whole = *t.files();
  {
    // It came as far as the first ring, and half of the second.
    auto first = lv::detail::segment::open_or_make(whole.of_place(0), t.options(), lv::describe<sample>(),
                                                   lv::detail::ring_kind::stream, {0, 3});
    REQUIRE(first);
    REQUIRE(lv::make_folders(whole.of_place(1).folder));
    for (const auto* name : {"ring.new", "doors", "cursor.3", "producer"})
      REQUIRE(lv::file::open(whole.of_place(1).file(name).c_str(), O_CREAT | O_RDWR)->write_all(std::string_view("half")));
  }
  auto s = subscriber_of(topic_on<sample>(scratch, 8));
  CHECK(s.places() == 3);
  auto a = publisher_of(t), b = publisher_of(t), c = publisher_of(t);
  for (auto* p : {&a, &b, &c}) {
    CHECK(p->capacity() == 1024);
    CHECK(publish(*p, 10) == 10);
  }
  reader r;
  r.drain(s);
  CHECK(r.events == 30);
  CHECK(r.wrong == 0);
}

TEST_CASE("many: those that make it at the same time make one") {
  for (int round = 0; round < 20; ++round) {
    scratch_bus scratch;
    const auto t = topic_on<sample>(scratch, 4);
    std::atomic<int> ready{0};
    std::uint32_t places[4]{};
    std::vector<std::thread> all;
    std::vector<lv::publisher<many<sample>>> open;
    open.reserve(4);
    std::atomic_flag one_at_a_time;
    for (std::size_t i = 0; i < 4; ++i)
      all.emplace_back([&, i] {
        ready.fetch_add(1);
        while (ready.load() < 4) std::this_thread::yield();
        auto p = publisher_of(t);
        places[i] = p.producer();
        while (one_at_a_time.test_and_set()) std::this_thread::yield();
        open.push_back(std::move(p));
        one_at_a_time.clear();
      });
    for (auto& one : all) one.join();
    std::sort(places, places + 4);
    for (std::uint32_t i = 0; i < 4; ++i) CHECK(places[i] == i);
  }
}

TEST_CASE("many: what an earlier boot left is made anew, whatever it was for") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch, 4);
  {
    auto a = publisher_of(t), b = publisher_of(t);
    publish(a, 10);
    publish(b, 10);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    auto ring = lv::file::open(t.files()->of_place(i).file("ring").c_str(), O_RDWR);
    REQUIRE(ring);
    REQUIRE(::pwrite(ring->fd(), "x", 1, offsetof(lv::detail::ring_header, boot)) == 1);
  }
  auto s = subscriber_of(topic_on<sample>(scratch, 2));
  CHECK(s.places() == 2);
  CHECK(s.unread() == 0);
  auto p = publisher_of(t);
  CHECK(p.sequence() == 0);
  CHECK(p.epoch() == 1);
}

TEST_CASE("many: a damaged place in a header is refused") {
  for (const lv::detail::producer_place bad : {lv::detail::producer_place{0, 17}, {4, 4}, {1, 0}, {UINT32_MAX, 3}}) {
    scratch_bus scratch;
    const auto t = topic_on<sample>(scratch, 4);
    REQUIRE(lv::publisher<many<sample>>::open(t));
    auto ring = lv::file::open(t.files()->of_place(1).file("ring").c_str(), O_RDWR);
    REQUIRE(ring);
    REQUIRE(::pwrite(ring->fd(), &bad, sizeof bad, offsetof(lv::detail::ring_header, place)) == sizeof bad);
    const auto p = lv::publisher<many<sample>>::open(t);
    const auto s = lv::record_subscriber::open(scratch.bus(), "t/1");
    REQUIRE(!p);
    REQUIRE(!s);
    CHECK(p.error().kind == lv::failure::data);
    CHECK(s.error().kind == lv::failure::data);
  }
}

TEST_CASE_TEMPLATE("many: a subscriber with a name goes on at every place where its namesake stopped", Ring, KINDS) {
  scratch_bus scratch;
  const auto t = topic_on<Ring>(scratch);
  auto a = publisher_of(t), b = publisher_of(t);
  reader r;
  std::uint64_t sent = 0;
  for (int life = 0; life < 5; ++life) {
    auto s = subscriber_of(t, {.name = "guard"});
    CHECK(!lv::subscriber<many<Ring>>::open(t, {.name = "guard"}));
    r.drain(s);
    for (int i = 0; i < 20; ++i, ++sent)
      for (auto* p : {&a, &b}) send(*p, make_sample(sent, p->epoch()));
  }
  auto s = subscriber_of(t, {.name = "guard"});
  r.drain(s);
  CHECK(r.wrong == 0);
  CHECK(r.events == 200);
}

TEST_CASE("many: begins at the earliest, the latest, or at a time, at every place") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch);
  auto a = publisher_of(t), b = publisher_of(t);
  for (std::int64_t i = 0; i < 50; ++i) {
    publish(a, 1, {i * 10'000'000});
    publish(b, 1, {i * 10'000'000 + 5'000'000});
  }
  CHECK(subscriber_of(t).unread() == 100);
  CHECK(subscriber_of(t, {.from = lv::start_at::latest}).unread() == 0);
  const auto s = subscriber_of(t, {.from = lv::start_at::at({205'000'000})});
  CHECK(s.position(0) == 20);
  CHECK(s.position(1) == 20);
  CHECK(s.position(2) == 0);
}

TEST_CASE("many: where nobody waits for the subscriber, what it read and what it lost is what each producer sent") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch, 3);
  lv::publisher<many<sample>> all[] = {publisher_of(t), publisher_of(t), publisher_of(t)};
  auto s = subscriber_of(t, {.overflow = lv::overflow_policy::overwrite});
  reader r;
  std::mt19937_64 random(5);
  for (int round = 0; round < 3000; ++round) {
    publish(all[random() % 3], random() % (round % 9 == 0 ? 1500 : 60));
    if (random() % 4 == 0) r.drain(s);
  }
  r.drain(s);
  CHECK(r.wrong == 0);
  CHECK(s.lost() > 1000);
  CHECK(r.events > 1000);
  CHECK(r.events + s.lost() == all[0].sequence() + all[1].sequence() + all[2].sequence());
  for (std::size_t i = 0; i < 3; ++i) CHECK(r.next[i] == all[i].sequence());
}

TEST_CASE("many: one that is evicted at one place says so") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch, 2);
  auto a = publisher_of(t), b = publisher_of(t);
  auto s = subscriber_of(t, {.overflow = lv::overflow_policy::evict, .lease = 1_ms});
  publish(a, 5);
  for (std::uint64_t done = 0; done < 600;)
    if (const auto n = publish(b, 600 - done); n == 0)
      REQUIRE(b.wait_for_room(60_s));
    else
      done += n;
  CHECK(b.evictions() == 1);
  const auto status = s.status();
  REQUIRE(!status);
  CHECK(status.error().sentence.view().starts_with("a subscriber was evicted at sequence 0"));
  CHECK(s.wait(60_s));  // it does not sleep
}

TEST_CASE_TEMPLATE("many: one descriptor becomes readable, whoever publishes", Ring, KINDS) {
  scratch_bus scratch;
  const auto t = topic_on<Ring>(scratch);
  auto s = subscriber_of(t);
  auto a = publisher_of(t), b = publisher_of(t);
  lv::loop loop = *lv::loop::make();
  REQUIRE(loop.watch(s.wake_fd()));
  const lv::wall_clock clock;
  std::uint64_t sent = 0;
  for (auto* p : {&a, &b, &a}) {
    CHECK(!s.ready());
    REQUIRE(s.park());
    s.unpark();
    REQUIRE(s.park());
    CHECK(s.patience() == lv::detail::sleeper::long_patience);
    CHECK(!loop.wait(clock.steady()));
    send(*p, make_sample(sent++, p->epoch()));
    CHECK(loop.wait(clock.steady() + 60_s));
    s.unpark();
    CHECK(!loop.wait(clock.steady()));
    CHECK(s.ready());
    CHECK(!s.park());  // there is something, and nothing is promised anywhere
    send(p == &a ? b : a, make_sample(sent++, 1));
    CHECK(!loop.wait(clock.steady()));
    CHECK(s.wait(60_s));
    while (const auto turn = s.read()) s.release(turn.events.size());
  }
  CHECK(!s.wait(1_ms));
  CHECK(s.rescued() == 0);
}

TEST_CASE_TEMPLATE("many: what a wait finds the next read finds, also behind a lag that would let it gather", Ring, KINDS) {
  scratch_bus scratch;
  const auto t = topic_on<Ring>(scratch, 2);
  auto p = publisher_of(t);
  auto s = subscriber_of(t, {.reclaim = lv::reclaim_policy::lag});
  for (std::uint64_t i = 0; i < 100; ++i) {
    send(p, make_sample(i));
    if (i % 2 == 0) [[maybe_unused]]
      const auto maybe = s.read();
    REQUIRE(s.wait(1_s));
    auto turn = s.read();
    REQUIRE(turn.events.size() == 1);
    CHECK(sample_in(turn.events[0]).index == i);
    s.release(1);
  }
}

TEST_CASE("many: is removed as a whole, when nobody uses any of it") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch, 4);
  const lv::topic<sample> below{scratch.bus(), "t/7"};
  auto other = lv::publisher<sample>::open(below);
  REQUIRE(other);
  {
    auto a = publisher_of(t), b = publisher_of(t);
    CHECK(says(scratch.bus().remove("t"), lv::failure::unavailable, "topic 't/0' is in use: its publisher runs"));
    a = publisher_of(t);
    CHECK(says(scratch.bus().remove("t"), lv::failure::unavailable, "topic 't/1' is in use: its publisher runs"));
    CHECK(publish(b, 10) == 10);
    CHECK(publisher_of(t).producer() == 0);
  }
  {  // what an earlier boot left under the very name is in nobody's way
    const lv::topic<sample> stale{scratch.bus(), "u"};
    REQUIRE(lv::publisher<sample>::open(stale));
    std::filesystem::copy(stale.files()->file("ring").c_str(), t.files()->file("ring").c_str());
    auto ring = lv::file::open(t.files()->file("ring").c_str(), O_RDWR);
    REQUIRE(ring);
    REQUIRE(::pwrite(ring->fd(), "x", 1, offsetof(lv::detail::ring_header, boot)) == 1);
    REQUIRE(scratch.bus().remove("u"));
    CHECK(publisher_of(t).producer() == 0);
  }
  CHECK(scratch.bus().remove("t"));
  CHECK(scratch.bus().remove("t"));
  CHECK(publish(*other, 10) == 10);
  CHECK(std::filesystem::exists(below.files()->folder.c_str()));
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.folder() / "bus"))
    left += entry.is_regular_file() && entry.path().filename() == "ring" ? 1u : 0u;
  CHECK(left == 1);
  CHECK(lv::publisher<sample>::open({scratch.bus(), "t"}));  // the name is free for one producer
}

TEST_CASE("many: a list of topics has the ring of each producer, and nothing for the whole") {
  scratch_bus scratch;
  auto p = publisher_of(topic_on<sample>(scratch, 2));
  std::vector<std::string> names;
  REQUIRE(
      lv::for_each_topic(scratch.folder().string(), [&](std::string_view, std::string_view name) { names.emplace_back(name); }));
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"t/0", "t/1"});
  const auto whole = lv::topic_observer::open(scratch.bus(), "t");
  REQUIRE(!whole);
  CHECK(whole.error().sentence.view().starts_with("topic 't' is for 2 producers"));
  CHECK(lv::topic_observer::open(scratch.bus(), "t/1"));
}

TEST_CASE("many: a named subscriber that will not return is forgotten everywhere") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch);
  auto p = publisher_of(t);
  {
    auto s = subscriber_of(t, {.name = "guard"});
    publish(p, 10);
    CHECK(says(scratch.bus().forget("t", "guard"), lv::failure::unavailable,
               "subscriber 'guard' of topic 't/0' runs (pid " + std::to_string(lv::process_id()) + ")"));
    reader().drain(s);
  }
  CHECK(scratch.bus().forget("t", "guard"));
  CHECK(says(scratch.bus().forget("t", "guard"), lv::failure::usage, "topic 't' has no subscriber named 'guard'"));
  CHECK(subscriber_of(t, {.name = "guard"}).unread() == 10);
}

TEST_CASE_TEMPLATE("many: producers on threads of their own lose nothing, and their reader sleeps and is woken", Ring, KINDS) {
  scratch_bus scratch;
  const auto t = topic_on<Ring>(scratch, 3);
  auto rings = lv::detail::family_rings::open_both(t);
  REQUIRE(rings);
  auto s = lv::subscriber<many<Ring>>::over(*rings);
  REQUIRE(s);
  constexpr std::uint64_t each = 15'000;
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i)
    writers.emplace_back([&, i] {
      auto p = lv::publisher<many<Ring>>::over(*rings);
      REQUIRE(p);
      std::mt19937_64 random(static_cast<unsigned>(i));
      for (std::uint64_t n = 0; n < each; ++n) {
        if constexpr (std::is_same_v<Ring, lv::frames<>>) {
          while (p->claim(sizeof(sample)).empty()) REQUIRE(p->wait_for_room(sizeof(sample), 60_s));
        } else {
          while (p->claim(1).empty()) REQUIRE(p->wait_for_room(60_s));
        }
        send(*p, make_sample(n, p->epoch()), {static_cast<std::int64_t>(n) * 10'000});
        if (random() % 200 == 0) std::this_thread::yield();
      }
      while (!p->signal(lv::lane_kind::end, 0, {})) std::this_thread::yield();
    });
  reader r;
  while (r.events < 3 * each) {
    r.drain(*s);
    if (r.events < 3 * each) REQUIRE(s->wait(60_s));
  }
  for (auto& one : writers) one.join();
  CHECK(r.wrong == 0);
  CHECK(r.events == 3 * each);
  CHECK(s->rescued() == 0);
}

// Publishes on and on until it is killed.
TEST_CASE("peer: producer among many" * doctest::skip()) {
  auto p = publisher_of(topic<sample>{lv::bus::in(peer_folder(), "bus"), "t"});
  std::mt19937_64 random(p.producer() + p.sequence());
  bell_in(peer_folder(), "came").ring();
  for (;;)
    if (publish(p, 1 + random() % 50, {static_cast<std::int64_t>(p.sequence())}) == 0) [[maybe_unused]]
      const bool room = p.wait_for_room(1_s);
}

TEST_CASE("many: a killed producer is in nobody's way, and another takes its place and goes on") {
  scratch_bus scratch;
  const auto t = topic_on<sample>(scratch, 2);
  auto s = subscriber_of(t);
  const auto came = bell_in(scratch.folder().string(), "came");
  auto lasting = publisher_of(t);
  CHECK(lasting.producer() == 0);
  reader r;
  for (std::uint32_t life = 1; life <= 6; ++life) {
    auto peer = start_peer("producer among many", scratch);
    REQUIRE(came.wait(60_s));
    came.drain();
    for (const auto until = r.next[1] + 500; r.next[1] < until;) {
      publish(lasting, 7);
      r.drain(s);
      if (r.next[1] < until) REQUIRE(s.wait(60_s));
    }
    peer.kill(SIGKILL);
    CHECK(peer.wait().signal == SIGKILL);
    r.drain(s);
    CHECK(publish(lasting, 100) == 100);
    r.drain(s);
    CHECK(s.at(1).epoch() == life);
    CHECK(!s.at(1).producer_alive());
  }
  CHECK(r.wrong == 0);
  CHECK(s.lost() == 0);
}
