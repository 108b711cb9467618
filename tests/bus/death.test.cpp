// SPDX-License-Identifier: BSL-1.0
// What a killed process leaves: the other side goes on, and nothing that was accepted is lost.
#include <levada/bus/publisher.hpp>

#include <doctest/doctest.h>

#include "common.hpp"

#include <csignal>
#include <cstddef>
#include <random>
#include <string>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

namespace {

lv::topic<sample> topic_in(const std::string& folder) { return {lv::bus::in(folder, "bus"), "t", {.capacity = 512}}; }
[[noreturn]] void die() {
  ::raise(SIGKILL);
  std::abort();
}
void set_step(int step) { ::setenv("LEVADA_TEST_STEP", std::to_string(step).c_str(), 1); }
int step_of_peer() {
  const char* step = std::getenv("LEVADA_TEST_STEP");
  return step != nullptr ? std::atoi(step) : 0;
}

/// A sandbox that refuses membarrier to this process.
bool forbid_membarrier() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter{sizeof program / sizeof program[0], program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

constexpr int steps = 6;

}  // namespace

// Publishes on and on, and kills itself at a chosen step after a while; at step 0 it waits to be killed.
TEST_CASE("peer: publisher" * doctest::skip()) {
  auto p = lv::publisher<sample>::open(topic_in(peer_folder()));
  REQUIRE(p);
  const int step = step_of_peer();
  std::mt19937_64 random{p->sequence() + 1};
  for (auto left = 5 + random() % 50;; --left) {
    auto room = p->claim(1 + random() % 40);
    if (room.empty()) {
      [[maybe_unused]] bool freed = p->wait_for_room(1_s);
      ++left;
      continue;
    }
    const bool now = step != 0 && left == 0;
    auto first = p->sequence();
    if (now && step == 1) die();  // claimed
    for (std::size_t i = 0; i < room.size(); ++i) {
      room[i] = make_sample(first + i, p->epoch());
      if (now && step == 2 && i == room.size() / 2) die();  // half written
    }
    if (now && step == 3) die();  // written
    p->commit(room.size(), {static_cast<std::int64_t>(first) * 100'000});
    if (now && step == 4) die();  // committed
    if (p->sequence() % 3 == 0) [[maybe_unused]]
      bool sent = p->signal(lv::lane_kind::watermark, p->sequence(), {});
    if (now && step == 5) die();  // signalled
  }
}

TEST_CASE("death: of a publisher, while a standby waits for its place") {
  scratch_bus scratch;
  const auto where = topic_in(scratch.folder().string());
  auto s = lv::subscriber<sample>::open(where);
  REQUIRE(s);
  set_step(0);
  auto peer = start_peer("publisher", scratch);
  while (s->position() < 200) {
    CHECK(s->wait(60_s));
    CHECK(drain(*s).torn == 0);
  }
  CHECK(!lv::publisher<sample>::open(where, 1_ms));
  peer.kill(SIGKILL);
  auto p = lv::publisher<sample>::open(where, 60_s);  // the dying may hold it for a moment
  REQUIRE(p);
  CHECK(p->epoch() == 2);
  peer.wait();
}

TEST_CASE("death: of publishers, at any step: their successors go on and nothing accepted is lost, doubled or torn") {
  scratch_bus scratch;
  auto where = topic_in(scratch.folder().string());
  auto made = lv::subscriber<sample>::open(where);
  REQUIRE(made);
  lv::subscriber<sample> s = *std::move(made);
  std::mt19937_64 random{9};
  std::uint64_t expected = 0, bad = 0, epochs = 0;
  for (int round = 0; round < 3 * steps; ++round) {
    set_step(round % steps);
    auto peer = start_peer("publisher", scratch);
    REQUIRE(peer.pid() > 0);
    auto until = expected + 200 + random() % 3000;
    std::uint32_t epoch = 0;
    for (;;) {
      auto t = s.read();
      if (t.signal != nullptr) bad += t.signal->value == expected && t.signal->sequence == expected ? 0u : 1u;
      for (const auto& e : t.events) bad += is_whole(e) && e.index == expected++ && e.epoch == s.epoch() ? 0u : 1u;
      s.release(t.events.size());
      epoch = s.epoch();
      if (round % steps == 0 && expected >= until) break;  // killed from outside, anywhere
      if (!t && peer.try_wait().ended && s.unread() == 0 && !s.read()) break;
      if (!t) [[maybe_unused]]
        bool more = s.wait(10_ms);
    }
    peer.kill(SIGKILL);
    CHECK(peer.wait().signal == SIGKILL);
    CHECK(!s.producer_alive());
    CHECK(epoch > epochs);
    epochs = epoch;
  }
  for (auto t = s.read(); t; t = s.read()) {
    for (const auto& e : t.events) bad += is_whole(e) && e.index == expected++ ? 0u : 1u;
    s.release(t.events.size());
  }
  CHECK(expected > 1'000);
  CHECK(bad == 0);
}

TEST_CASE("death: between a record and its events leaves a record that holds for nothing") {
  scratch_bus scratch;
  auto where = topic_in(scratch.folder().string());
  auto segment = lv::detail::segment::open_both(where);
  REQUIRE(segment);
  auto s = lv::subscriber<sample>::open(where);
  REQUIRE(s);
  {
    auto p = lv::publisher<sample>::over(*segment);
    REQUIRE(p);
    publish(*p, 10, {1'000'000'000});
  }
  {  // the second publisher dies after lane_head and before head
    auto& control = *segment->view().control;
    auto lane = control.lane_head.acquire();
    segment->view().record(lane) = {10, {2'000'000'000}, 0, 2, 0};
    control.epoch.release(2);
    control.lane_head.release(lane + 1);
  }
  auto p = lv::publisher<sample>::over(*segment);
  REQUIRE(p);
  CHECK(p->epoch() == 3);
  publish(*p, 10, {0});
  auto a = drain(*s);
  CHECK(a.events == 20);
  CHECK(a.torn + a.out_of_order + a.wrong_epoch == 0);
  CHECK(s->time() == lv::timestamp{2'000'000'000});  // and time has not run backward
}

TEST_CASE("peer: slow subscriber" * doctest::skip()) {
  auto s = lv::subscriber<sample>::open(topic_in(peer_folder()), {.name = "slow"});
  REQUIRE(s);
  while (!s->read()) [[maybe_unused]]
    bool more = s->wait(1_s);
  bell_in(peer_folder(), "came").ring();
  for (;;) ::pause();  // it has seen events and does not release them
}

TEST_CASE("death: of a subscriber in the way frees the publisher, and its namesake still finds what was not overwritten") {
  scratch_bus scratch;
  auto where = topic_in(scratch.folder().string());
  auto p = lv::publisher<sample>::open(where);
  REQUIRE(p);
  publish(*p, 100);
  auto came = bell_in(scratch.folder().string(), "came");
  auto peer = start_peer("slow subscriber", scratch);
  REQUIRE(came.wait(60_s));
  CHECK(p->subscriber_alive("slow"));
  CHECK(publish(*p, 10'000) == 512 - 100);
  CHECK(!p->wait_for_room(1_ms));
  CHECK(p->blocked_by().view() == "slow");
  peer.kill(SIGKILL);
  CHECK(p->wait_for_room(60_s));
  peer.wait();
  CHECK(!p->subscriber_alive("slow"));
  auto s = lv::subscriber<sample>::open(where, {.name = "slow"});
  REQUIRE(s);
  CHECK(s->lost() <= 64);
  auto a = drain(*s);
  CHECK(a.first == s->lost());
  CHECK(a.first + a.events == p->sequence());
  CHECK(a.torn + a.out_of_order == 0);
}

// Answers each sample of topic "t" with one in topic "back", without being allowed a membarrier.
TEST_CASE("peer: echo in a sandbox" * doctest::skip()) {
  REQUIRE(forbid_membarrier());
  REQUIRE(!lv::register_barrier());
  auto bus = lv::bus::in(peer_folder(), "bus");
  auto p = lv::publisher<sample>::open({bus, "back", {.capacity = 512}});
  auto s = lv::subscriber<sample>::open(topic_in(peer_folder()));
  REQUIRE(p);
  REQUIRE(s);
  for (bool ended = false; !ended;) {
    auto t = s->read();
    if (t.signal != nullptr) ended = t.signal->kind() == lv::lane_kind::end;
    CHECK(publish(*p, t.events.size()) == t.events.size());
    s->release(t.events.size());
    if (!t) CHECK(s->wait(60_s));
  }
  REQUIRE(s->park());
  CHECK(s->patience() == lv::detail::sleeper::short_patience);  // its partner cannot be fenced from here
  s->unpark();
}

TEST_CASE("sleep: where a sandbox refuses membarrier, its publisher exchanges and its subscriber is impatient") {
  scratch_bus scratch;
  auto where = topic_in(scratch.folder().string());
  auto p = lv::publisher<sample>::open(where);
  auto back = lv::subscriber<sample>::open({scratch.bus(), "back", {.capacity = 512}});
  REQUIRE(p);
  REQUIRE(back);
  auto peer = start_peer("echo in a sandbox", scratch);
  for (std::uint64_t n = 0; n < 300; ++n) {
    REQUIRE(publish(*p, 1) == 1);
    std::uint64_t got = 0;
    while (got == 0) {
      got = drain(*back).events;
      if (got == 0) REQUIRE(back->wait(60_s));
    }
  }
  REQUIRE(p->signal(lv::lane_kind::end, 0, {}));
  CHECK(peer.wait().code == 0);
  CHECK(back->rescued() == 0);
}
