// SPDX-License-Identifier: BSL-1.0
#include <levada/bus/sealed.hpp>

#include <doctest/doctest.h>

#include <levada/bus/frames.hpp>
#include <levada/bus/line.hpp>

#include "common.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// No two tests that run at the same time have one name.
struct scene : scratch_bus {
  [[nodiscard]] std::string name() const { return name_in(folder().string()); }
  static std::string name_in(const std::string& folder) { return "test/" + folder.substr(folder.rfind('/') + 1); }
  template <class T = sample>
  [[nodiscard]] lv::sealed_topic<T> topic(lv::topic_options options = {.capacity = 512}) const {
    return lv::sealed_topic<T>(name(), options);
  }
};

template <class T>
T opened(lv::result<T> made) {
  if (!made) FAIL(made.error().sentence.view());
  return *std::move(made);
}

/// Admits as long as `f` takes on another thread.
template <class Publisher, class F>
auto while_admitting(Publisher& p, F&& f) {
  std::atomic<bool> done{false};
  std::optional<decltype(f())> made;
  std::thread guest([&] {
    made.emplace(f());
    done = true;
  });
  while (!done) {
    p.admit();
    std::this_thread::yield();
  }
  guest.join();
  return *std::move(made);
}
template <class Topic>
lv::sealed_subscriber<Topic> join(lv::sealed_publisher<Topic>& p, const lv::sealed_topic<Topic>& t,
                                  const lv::subscriber_options& o = {}) {
  return opened(while_admitting(p, [&] { return lv::sealed_subscriber<Topic>::open(t, o, 60_s); }));
}
template <class Topic>
lv::fault refusal(lv::sealed_publisher<Topic>& p, const lv::sealed_topic<Topic>& t, const lv::subscriber_options& o = {}) {
  auto made = while_admitting(p, [&] { return lv::sealed_subscriber<Topic>::open(t, o, 60_s); });
  REQUIRE(!made);
  return made.error();
}
bool says(const lv::fault& f, std::string_view words) {
  const bool so = f.sentence.view().find(words) != std::string_view::npos;
  if (!so) MESSAGE(f.sentence.view());
  return so;
}

/// A subscriber that keeps to no rules: it has what it was handed, and nothing else.
struct intruder {
  lv::unix_socket door;
  lv::detail::answer said;
  lv::file parts[lv::detail::handed::count];

  static intruder at(const std::string& name, const lv::detail::knock& k = {}) {
    intruder i;
    i.door = opened(lv::unix_socket::connect(lv::detail::door_name(lv::user_id(), name).view(), 60_s));
    REQUIRE(i.door.send(std::as_bytes(std::span(&k, 1))));
    return i;
  }
  void receive() {
    const auto got = door.receive(std::as_writable_bytes(std::span(&said, 1)), parts);
    REQUIRE(got.bytes == sizeof said);
    REQUIRE(got.descriptors == lv::detail::handed::count);
  }
  [[nodiscard]] lv::mapping map(std::size_t what) const {
    return opened(lv::mapping::of(parts[what], sizeof(lv::detail::cursor_page), lv::access::read_write));
  }
};
lv::detail::cursor_page& cursor_in(const lv::mapping& m) { return *reinterpret_cast<lv::detail::cursor_page*>(m.base()); }

bool can_change_user() {
  if (::geteuid() == 0) return true;
  MESSAGE("not tried: only root can become other users");
  return false;
}
constexpr unsigned eve = 3003, crew = 4000;
/// Forks before there is a thread; `meanwhile` runs until the child, as this user, has ended. Emits its exit code.
template <class F, class M>
int as(unsigned user, F&& f, M&& meanwhile) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const gid_t also[] = {crew};
    if (::setgroups(1, also) != 0 || ::setgid(user) != 0 || ::setuid(user) != 0) ::_exit(99);
    ::_exit(f());
  }
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    meanwhile();
    ::usleep(100);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("sealed: the three rings carry events and signals, to those who come late too") {
  const scene here;
  SUBCASE("stream") {
    const auto t = here.topic();
    auto p = opened(lv::sealed_publisher<sample>::open(t));
    CHECK(publish(p, 100) == 100);
    auto s = join(p, t);
    CHECK(s.incarnation() == p.incarnation());
    CHECK(p.signal(lv::lane_kind::watermark, 7, {}));
    CHECK(publish(p, 10'000) == 512 - 100);  // it waits for its subscriber
    auto a = drain(s);
    CHECK(a.events == 512);
    CHECK(a.signals == 1);
    CHECK(publish(p, 400) == 400);
    a = drain(s);
    CHECK(a.first == 512);
    CHECK(a.torn + a.out_of_order + a.wrong_epoch == 0);
  }
  SUBCASE("line") {
    const auto t = here.topic<lv::line<sample>>();
    auto p = opened(lv::sealed_publisher<lv::line<sample>>::open(t));
    CHECK(publish(p, 100) == 100);
    auto s = join(p, t);
    CHECK(publish(p, 100) == 100);
    const auto a = drain(s);
    CHECK(a.events == 200);
    CHECK(a.torn + a.out_of_order == 0);
  }
  SUBCASE("frames") {
    const auto t = here.topic<lv::frames<>>({.capacity = 4096});
    auto p = opened(lv::sealed_publisher<lv::frames<>>::open(t));
    auto s = join(p, t);
    for (std::size_t n = 1; n < 50; ++n) {
      const auto room = p.claim(n);
      REQUIRE(room.size() == n);
      std::memset(room.data(), static_cast<int>(n), n);
      p.commit(n, {});
    }
    std::size_t n = 1;
    while (const auto turn = s.read()) {
      for (const auto& f : turn.events) {
        CHECK(f.length == n);
        CHECK(f.data[n - 1] == static_cast<std::byte>(n));
        ++n;
      }
      s.release(turn.events.size());
    }
    CHECK(n == 50);
    CHECK(s.status());
  }
  SUBCASE("overwritten") {
    const auto t = here.topic();
    auto p = opened(lv::sealed_publisher<sample>::open(t));
    auto s = join(p, t, {.overflow = lv::overflow_policy::overwrite});
    CHECK(s.policy() == lv::overflow_policy::overwrite);
    CHECK(publish(p, 5'000) == 5'000);
    const auto a = drain(s);
    CHECK(a.events + s.lost() == 5'000);
    CHECK(a.torn + a.out_of_order == 0);
  }
}

TEST_CASE("sealed: of sixteen subscribers each reads all; a seventeenth is told") {
  const scene here;
  const auto t = here.topic();
  auto p = opened(lv::sealed_publisher<sample>::open(t));
  std::vector<lv::sealed_subscriber<sample>> all;
  for (std::size_t i = 0; i < lv::most_subscribers; ++i) all.push_back(join(p, t));
  CHECK(p.subscribers() == 16);
  CHECK(says(refusal(p, t), "all its 16 places are taken"));
  CHECK(p.refused() == 1);
  CHECK(publish(p, 10'000) == 512);
  for (auto& s : all) {
    const auto a = drain(s);
    CHECK(a.events == 512);
    CHECK(a.torn + a.out_of_order == 0);
  }
  all.erase(all.begin() + 3, all.begin() + 5);
  CHECK(p.subscribers() == 14);
  CHECK(publish(p, 512) == 512);  // those who have left are in nobody's way
  all.push_back(join(p, t));
  CHECK(p.subscribers() == 15);
}

TEST_CASE("sealed: nobody but the publisher can write to the ring, and nobody can take a page away") {
  const scene here;
  const auto t = here.topic();
  auto p = opened(lv::sealed_publisher<sample>::open(t));
  publish(p, 10);
  auto i = intruder::at(here.name());
  while (p.admit() == 0) {
  }
  i.receive();
  using namespace lv::detail;
  const auto page = lv::page_size();
  const auto cut_off = [](const lv::file& f) { return ::ftruncate(f.fd(), 0) == 0; };
  const auto& ring = i.parts[handed::ring];
  CHECK((::fcntl(ring.fd(), F_GETFL) & O_ACCMODE) == O_RDONLY);
  auto again = lv::reopen(ring, O_RDWR);  // by the name in /proc; it is the same user's
  REQUIRE(again);
  for (const lv::file* f : {&ring, static_cast<const lv::file*>(&*again)}) {
    CHECK(!lv::mapping::of(*f, page, lv::access::read_write));
    CHECK(::pwrite(f->fd(), "x", 1, 0) < 0);
    CHECK(!cut_off(*f));
    CHECK(::fallocate(f->fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(page)) != 0);
  }
  auto map = lv::mapping::of(ring, page, lv::access::read);
  REQUIRE(map);
  CHECK(::mprotect(map->base(), page, PROT_READ | PROT_WRITE) != 0);
  for (const auto what : {handed::doors, handed::cursor}) {
    CHECK(!cut_off(i.parts[what]));
    CHECK(::ftruncate(i.parts[what].fd(), static_cast<off_t>(2 * page)) != 0);
  }
  // Others' cursors are not among what it has.
  auto s = join(p, t);
  struct stat own{}, part{};
  REQUIRE(::fstat(i.parts[handed::cursor].fd(), &own) == 0);
  for (const auto& f : i.parts) {
    REQUIRE(::fstat(f.fd(), &part) == 0);
    if (&f != &i.parts[handed::cursor]) CHECK(part.st_ino != own.st_ino);
  }
  CHECK(drain(s).events == 10);
}

TEST_CASE("sealed: whoever has left a place cannot write to the cursor of the next one") {
  const scene here;
  const auto t = here.topic();
  auto p = opened(lv::sealed_publisher<sample>::open(t));
  auto i = intruder::at(here.name());
  while (p.admit() == 0) {
  }
  i.receive();
  const auto kept = i.map(lv::detail::handed::cursor);
  lv::unlock(i.parts[lv::detail::handed::cursor].fd());
  auto s = join(p, t, {.name = "guard"});
  CHECK(p.subscriber_alive("guard"));
  std::memset(kept.base(), 0xFF, sizeof(lv::detail::cursor_page));
  CHECK(p.subscriber_alive("guard"));
  CHECK(publish(p, 10'000) == 512);
  CHECK(p.blocked_by().view() == "guard");
  CHECK(drain(s).events == 512);
}

TEST_CASE("sealed: a subscriber holds the publisher up no longer than it was granted, whatever it writes to its cursor") {
  const scene here;
  const auto t = here.topic();
  auto p = opened(lv::sealed_publisher<sample>::open(t, {.overflow = lv::overflow_policy::evict, .lease = 2_ms}));
  auto honest = join(p, t, {.overflow = lv::overflow_policy::overwrite});
  CHECK(honest.policy() == lv::overflow_policy::overwrite);
  lv::detail::knock wish;
  wish.lease = INT64_MAX;
  auto i = intruder::at(here.name(), wish);
  while (p.admit() == 0) {
  }
  i.receive();
  CHECK(i.said.overflow == static_cast<std::uint32_t>(lv::overflow_policy::evict));
  CHECK(i.said.lease == 2'000'000);
  const auto map = i.map(lv::detail::handed::cursor);
  auto& c = cursor_in(map);
  c.position.release(1);  // it says that it is there, ...
  c.policy.relaxed(static_cast<std::uint32_t>(lv::overflow_policy::block));
  c.lease.relaxed(UINT64_MAX);
  c.state.release(static_cast<std::uint32_t>(lv::detail::cursor_state::temporary));
  CHECK(publish(p, 10'000) <= 513);
  std::uint64_t turns = 0;
  while (publish(p, 64) == 0) {  // ... and moves back and forth, and takes a new number all the time
    c.position.release(++turns % 2);
    c.incarnation.release(c.incarnation.relaxed() + 1);
    [[maybe_unused]] const bool freed = p.wait_for_room(1_ms);
    REQUIRE(turns < 100'000);
  }
  CHECK(p.evictions() == 1);
  CHECK(publish(p, 100'000) == 100'000);
  const auto a = drain(honest);
  CHECK(a.torn + a.out_of_order == 0);
}

TEST_CASE("sealed: a name is the user's: the namesake goes on where it stopped, one that runs is in use, forget gives it up") {
  const scene here;
  const auto t = here.topic();
  auto p = opened(lv::sealed_publisher<sample>::open(t));
  {
    auto s = join(p, t, {.name = "guard"});
    publish(p, 100);
    const auto turn = s.read();
    REQUIRE(turn.events.size() >= 40);
    s.release(40);
    CHECK(says(refusal(p, t, {.name = "guard"}), "already has a subscriber named 'guard'"));
    CHECK(!p.forget("guard"));
  }
  {
    auto s = join(p, t, {.name = "guard"});
    CHECK(s.position() == 40);
    CHECK(drain(s).events == 60);
    publish(p, 400);
  }
  publish(p, 2'000);  // nobody waits for one that is not there
  {
    auto s = join(p, t, {.name = "guard"});
    CHECK(s.lost() > 1'000);
    const auto lost = s.lost();
    const auto a = drain(s);
    CHECK(a.first == 100 + lost);
    CHECK(a.first + a.events == p.sequence());
  }
  CHECK(p.forget("guard"));
  CHECK(!p.forget("guard"));
  auto s = join(p, t, {.name = "guard", .from = lv::start_at::latest});
  CHECK(s.position() == p.sequence());
  CHECK(refusal(p, t, {.name = std::string(60, 'x').c_str()}).kind == lv::failure::usage);
}

TEST_CASE("sealed: who is not there, does not admit, or has gone, is a sentence") {
  const scene here;
  const auto t = here.topic();
  const auto open = [&](lv::duration patience = 60_s) { return lv::sealed_subscriber<sample>::open(t, {}, patience); };
  auto none = open();
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::unavailable);
  CHECK(says(none.error(), "is not there"));
  {
    auto p = opened(lv::sealed_publisher<sample>::open(t));
    auto silent = open(1_ms);
    REQUIRE(!silent);
    CHECK(silent.error().kind == lv::failure::unavailable);
    CHECK(says(silent.error(), "must call admit()"));
    p.admit();  // whoever has given up is nobody any more
    CHECK(p.subscribers() == 0);
    auto second = lv::sealed_publisher<sample>::open(t);
    REQUIRE(!second);
    CHECK(second.error().kind == lv::failure::unavailable);
    CHECK(says(second.error(), "already has a publisher"));
    auto other = while_admitting(
        p, [&] { return lv::sealed_subscriber<lv::line<sample>>::open(here.topic<lv::line<sample>>(), {}, 60_s); });
    REQUIRE(!other);
    CHECK(other.error().kind == lv::failure::data);
    CHECK(says(other.error(), "is a stream ring; this subscriber is for a line ring"));
    CHECK(!lv::sealed_publisher<sample>::open(t.of_user(lv::user_id() + 1)));
  }
  {
    auto door = opened(lv::unix_socket::listen(lv::detail::door_name(lv::user_id(), here.name()).view()));
    std::thread leaver([&] {
      lv::unix_socket came;
      while (!came) came = door.accept();
      came = lv::unix_socket();
    });
    auto left = open();
    leaver.join();
    REQUIRE(!left);
    CHECK(says(left.error(), "its publisher has ended"));
  }
  for (const char* bad : {"", "a b", "/a", "a/../b"}) CHECK(!lv::sealed_publisher<sample>::open(lv::sealed_topic<sample>(bad)));
  CHECK(!lv::sealed_publisher<sample>::open(lv::sealed_topic<sample>(std::string(88, 'x'))));
  CHECK(lv::sealed_publisher<sample>::open(
      lv::sealed_topic<sample>(here.name() + "/" + std::string(86 - here.name().size(), 'x'))));
}

TEST_CASE("sealed: knocks that nobody makes are refused or forgotten") {
  const scene here;
  const auto t = here.topic();
  auto p = opened(lv::sealed_publisher<sample>::open(t));
  const auto name = lv::detail::door_name(lv::user_id(), here.name());
  std::vector<lv::unix_socket> silent;
  for (int n = 0; n < 40; ++n) {  // more than wait at a time; nobody else is kept out
    silent.push_back(opened(lv::unix_socket::connect(name.view(), 1_s)));
    p.admit();
  }
  auto s = join(p, t);
  for (std::uint64_t n = 0; n < sizeof(lv::detail::knock) + 8; n += 4) {
    auto one = opened(lv::unix_socket::connect(name.view(), 1_s));
    lv::detail::knock k[2];
    if (n == sizeof k[0]) k[0].version = 99;
    REQUIRE(one.send(std::as_bytes(std::span(k)).first(n == 0 ? 1 : n)));
    CHECK(p.admit() == 0);
  }
  lv::detail::knock odd;
  odd.overflow = 77;
  odd.lease = INT64_MIN;
  std::memset(odd.name.bytes, 'x', sizeof odd.name);
  auto i = intruder::at(here.name(), odd);
  CHECK(p.admit() == 1);
  i.receive();
  CHECK(i.said.overflow == static_cast<std::uint32_t>(lv::overflow_policy::overwrite));
  CHECK(i.said.lease == 0);
  publish(p, 100);
  CHECK(drain(s).events == 100);
}

TEST_CASE("sealed: a publisher that hands over what is not sealed is refused by name") {
  const scene here;
  const auto t = here.topic();
  using namespace lv::detail;
  enum class trick : std::uint8_t { none, not_sealed, no_file, few, sparse, nonsense, place, soft_doors };
  const auto answers = [&](trick how) {
    auto door = opened(lv::unix_socket::listen(door_name(lv::user_id(), here.name()).view()));
    std::thread host([&] {
      lv::unix_socket came;
      while (!came) came = door.accept();
      auto ring = lv::memory_file("ring", how == trick::sparse ? 0 : lv::page_size());
      auto page = lv::memory_file("page", lv::page_size());
      if (how == trick::sparse) REQUIRE(::ftruncate(ring->fd(), 1 << 20) == 0);
      if (how != trick::not_sealed) REQUIRE(lv::seal(*ring, lv::writer_seals));
      if (how != trick::soft_doors) REQUIRE(lv::seal(*page, lv::size_seals));
      answer a;
      a.place = how == trick::place ? 16 : 0;
      if (how == trick::nonsense) a.magic = 1;
      const int first = how == trick::no_file ? came.fd() : ring->fd();
      const int all[] = {first, page->fd(), page->fd(), page->fd(), page->fd(), page->fd()};
      CHECK(came.send(std::as_bytes(std::span(&a, 1)), std::span(all).first(how == trick::few ? 3 : 6)));
    });
    auto s = lv::sealed_subscriber<sample>::open(t, {}, 60_s);
    host.join();
    REQUIRE(!s);
    CHECK(s.error().kind == lv::failure::data);
    CHECK(says(s.error(), "'" + here.name() + "' cannot be used"));
    return s.error();
  };
  CHECK(says(answers(trick::none), "not a ring of levada"));
  CHECK(says(answers(trick::not_sealed), "is not sealed"));
  CHECK(says(answers(trick::no_file), "is not sealed"));
  CHECK(says(answers(trick::soft_doors), "is not sealed"));
  CHECK(says(answers(trick::sparse), "has holes"));
  CHECK(says(answers(trick::few), "nonsense"));
  CHECK(says(answers(trick::place), "nonsense"));
  CHECK(says(answers(trick::nonsense), "another version"));
}

TEST_CASE("sealed: whom the kernel calls somebody else is admitted if the publisher says so") {
  if (!can_change_user()) return;
  const scene here;
  const auto t = here.topic().of_user(0);
  const auto tries = [&](const lv::guests& allowed, std::string_view words) {
    auto p = opened(lv::sealed_publisher<sample>::open(t, {.allow = allowed}));
    publish(p, 10);
    const int code = as(
        eve,
        [&] {
          auto s = lv::sealed_subscriber<sample>::open(t, {}, 60_s);
          if (!s) return s.error().sentence.view().find(words) != std::string_view::npos ? s.error().exit_code() : 98;
          return drain(*s).events == 10 ? 0 : 97;
        },
        [&] { p.admit(); });
    CHECK(p.refused() == (code == 0 ? 0 : 1));
    return code;
  };
  CHECK(tries({}, "user 3003 (process ") == 77);
  CHECK(tries(lv::guests().user(3002).group(4001).who([](const lv::peer& p) { return p.user == 5; }), "is not admitted") == 77);
  CHECK(tries(lv::guests().user(3002).user(eve), "") == 0);
  CHECK(tries(lv::guests().group(eve), "") == 0);
  CHECK(tries(lv::guests().group(crew), "") == 0);  // not its first group
  CHECK(tries(lv::guests().who([](const lv::peer& p) { return p.user == eve && p.group == eve; }), "") == 0);
}

TEST_CASE("sealed: whom the kernel calls somebody else gets no more than it was handed") {
  if (!can_change_user()) return;
  const scene here;
  const auto t = here.topic().of_user(0);
  auto p = opened(lv::sealed_publisher<sample>::open(t, {.allow = lv::guests().user(eve)}));
  const int code = as(
      eve,
      [&] {
        auto door = lv::unix_socket::connect(lv::detail::door_name(0, here.name()).view(), 60_s);
        lv::detail::knock k;
        lv::detail::answer a;
        lv::file parts[lv::detail::handed::count];
        if (!door || !door->send(std::as_bytes(std::span(&k, 1)))) return 1;
        if (door->receive(std::as_writable_bytes(std::span(&a, 1)), parts).descriptors != lv::detail::handed::count) return 2;
        for (const auto& f : parts)
          if (lv::reopen(f, O_RDWR)) return 3;  // all files are 0600 and another user's
        return 0;
      },
      [&] { p.admit(); });
  CHECK(code == 0);
}

TEST_CASE("sealed: a name that another user has taken is told from its owner's") {
  if (!can_change_user()) return;
  const scene here;
  auto came = bell_in(here.folder().string(), "came"), seen = bell_in(here.folder().string(), "seen");
  const int code = as(
      eve,
      [&] {
        auto door = lv::unix_socket::listen(lv::detail::door_name(0, here.name()).view());
        if (!door) return 1;
        came.ring();
        return seen.wait(60_s) ? 0 : 2;
      },
      [&] {
        if (!came.wait({})) return;
        came.drain();
        auto s = lv::sealed_subscriber<sample>::open(here.topic(), {}, 60_s);
        REQUIRE(!s);
        CHECK(s.error().kind == lv::failure::permission);
        CHECK(says(s.error(), "of user 0 cannot be used: user 3003 (process "));
        auto p = lv::sealed_publisher<sample>::open(here.topic());
        REQUIRE(!p);
        CHECK(says(p.error(), "or another user keeps its name"));
        seen.ring();
      });
  CHECK(code == 0);
}

// Publishes on and on, and admits whoever comes.
TEST_CASE("peer: sealed publisher" * doctest::skip()) {
  auto p = opened(lv::sealed_publisher<sample>::open(lv::sealed_topic<sample>(scene::name_in(peer_folder()), {.capacity = 512})));
  bell_in(peer_folder(), "came").ring();
  for (;;) {
    p.admit();
    if (publish(p, 50) == 0) [[maybe_unused]]
      const bool freed = p.wait_for_room(1_ms);
  }
}

TEST_CASE(
    "sealed: when the publisher is killed, subscribers read on to its end and are told; the next one is another incarnation") {
  const scene here;
  const auto t = here.topic();
  auto came = bell_in(here.folder().string(), "came");
  std::uint64_t incarnations[2]{};
  for (auto& incarnation : incarnations) {
    auto peer = start_peer("sealed publisher", here);
    REQUIRE(came.wait(60_s));
    came.drain();
    auto s = opened(lv::sealed_subscriber<sample>::open(t, {}, 60_s));
    incarnation = s.incarnation();
    std::uint64_t events = 0;
    while (events < 5'000) {
      REQUIRE(s.wait(60_s));
      const auto a = drain(s);
      CHECK(a.torn + a.out_of_order + a.wrong_epoch == 0);
      events += a.events;
    }
    CHECK(s.status());
    CHECK(s.producer_alive());
    peer.kill(SIGKILL);
    peer.wait();
    CHECK(!s.producer_alive());
    const auto ended = s.status();
    REQUIRE(!ended);
    CHECK(ended.error().kind == lv::failure::unavailable);
    CHECK(says(ended.error(), "its publisher has ended"));
    const auto rest = drain(s);
    CHECK(rest.torn + rest.out_of_order == 0);
    CHECK(s.unread() == 0);
    CHECK(!lv::sealed_subscriber<sample>::open(t));
  }
  CHECK(incarnations[0] != incarnations[1]);
}

TEST_CASE("peer: sealed subscriber" * doctest::skip()) {
  auto s = opened(
      lv::sealed_subscriber<sample>::open(lv::sealed_topic<sample>(scene::name_in(peer_folder())), {.name = "slow"}, 60_s));
  while (!s.read()) [[maybe_unused]]
    const bool more = s.wait(1_s);
  s.release(10);
  bell_in(peer_folder(), "came").ring();
  for (;;) ::pause();  // it has seen events and does not release them
}

TEST_CASE("sealed: a subscriber that is killed frees the publisher and its place; its namesake goes on") {
  const scene here;
  const auto t = here.topic();
  auto came = bell_in(here.folder().string(), "came");
  auto p = opened(lv::sealed_publisher<sample>::open(t));
  publish(p, 100);
  for (int round = 0; round < 3; ++round) {
    auto peer = start_peer("sealed subscriber", here);
    while (!came.wait(1_ms)) p.admit();
    came.drain();
    CHECK(p.subscriber_alive("slow"));
    publish(p, 10'000);
    CHECK(!p.wait_for_room(1_ms));
    CHECK(p.blocked_by().view() == "slow");
    peer.kill(SIGKILL);
    CHECK(p.wait_for_room(60_s));
    peer.wait();
    CHECK(p.subscribers() == 0);
  }
  auto s = join(p, t, {.name = "slow"});
  const auto a = drain(s);
  CHECK(a.torn + a.out_of_order == 0);
  CHECK(a.first + a.events == p.sequence());
}

TEST_CASE("sealed: a neighbour who takes a sleeper's bit away keeps it asleep for a moment only") {
  const scene here;
  const auto t = here.topic();
  auto p = opened(lv::sealed_publisher<sample>::open(t));
  auto s = join(p, t);
  auto i = intruder::at(here.name());
  while (p.admit() == 0) {
  }
  i.receive();
  const auto map = i.map(lv::detail::handed::doors);
  REQUIRE(s.park());
  CHECK(s.patience() == lv::detail::sleeper::short_patience);
  reinterpret_cast<lv::detail::doors_page*>(map.base())->sleepers.exchange(0);
  publish(p, 1);  // rings nobody
  s.unpark(true);
  CHECK(s.rescued() == 1);
  CHECK(drain(s).events == 1);
}

TEST_CASE("sealed: both ends sleep and wake") {
  const scene here;
  const auto t = here.topic();
  auto p = opened(lv::sealed_publisher<sample>::open(t));
  auto s = join(p, t);
  std::thread reader([&] {
    std::uint64_t n = 0;
    while (n < 20'000) {
      n += drain(s).events;
      if (n < 20'000) CHECK(s.wait(60_s));
    }
  });
  for (std::uint64_t n = 0; n < 20'000;) {
    n += publish(p, 1);
    if (n % 7 == 0) std::this_thread::yield();
    if (p.claim(1).empty()) CHECK(p.wait_for_room(60_s));
  }
  reader.join();
}
