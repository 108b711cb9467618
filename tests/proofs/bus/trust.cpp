// SPDX-License-Identifier: BSL-1.0
// trust: what the two ends of a sealed topic can do to each other. One of them is hostile: it writes nonsense over all that it
// may write, all the time, while the others work. Made on purpose:
//   twice     a subscriber looks a second time how long a frame is     believed  a publisher believes what stands in cursors
#include <levada/bus/frames.hpp>
#include <levada/bus/line.hpp>
#include <levada/bus/sealed.hpp>

#include "../harness.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <span>

namespace {

using namespace levada::literals;
using namespace proofs;
using lv::detail::host;
using lv::detail::lodging;

/// No two have one, in runs at the same time neither.
lv::text<88> new_name() {
  static int made = 0;
  return lv::compose<88>("proof/", lv::process_id(), '/', ++made);
}

/// Writes nonsense, now and then such as nearly makes sense.
class scribbler {
 public:
  explicit scribbler(std::uint64_t seed) : random_(seed) {}

  std::uint64_t number(std::uint64_t below) { return random_() % below; }
  std::uint64_t value(std::uint64_t near, std::uint64_t capacity) {
    switch (number(10)) {
      case 0: return 0;
      case 1: return UINT64_MAX;
      case 2: return near;
      case 3: return near + 1 + number(8);
      case 4: return near - 1 - number(8);
      case 5: return near + capacity;
      case 6: return near - capacity;
      case 7: return std::uint64_t{1} << number(64);
      case 8: return number(capacity);
      default: return random_();
    }
  }
  /// One word somewhere in there.
  void scribble(std::span<std::byte> where, std::uint64_t near, std::uint64_t capacity) {
    const auto v = value(near, capacity);
    auto* word = reinterpret_cast<std::uint64_t*>(where.data()) + number(where.size() / sizeof v);
    __atomic_store_n(word, v, __ATOMIC_RELAXED);
  }

 private:
  std::mt19937_64 random_;
};

/// How a child has ended: 0 if all was well.
int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// ---- a hostile publisher -----------------------------------------------------------------------------------------------

struct victim_counts {
  std::atomic<std::uint64_t> opened{0}, refused{0}, unnamed{0}, turns{0}, events{0}, impossible{0};
};

/// Admits whoever comes, and scribbles over header, counters, lane and data. Between two admissions the ring is often as it
/// should be for a moment, so that not everybody is refused.
template <class Topic>
[[noreturn]] void be_hostile_publisher(const lv::text<88>& name, std::uint64_t seed) {
  using ring = lv::detail::ring_of<Topic>;
  auto h = opened(host::open(name, {.capacity = 1024}, ring::description(), ring::kind, {}));
  const auto& v = h.ring().view();
  const auto& m = v.measure;
  auto* base = reinterpret_cast<std::byte*>(v.control) - m.header_bytes;
  const std::string header(reinterpret_cast<const char*>(base), m.header_bytes);
  const std::span front(base, sizeof(lv::detail::ring_header) + 512), control(reinterpret_cast<std::byte*>(v.control), 512),
      lane(reinterpret_cast<std::byte*>(v.lane), 4096), data(v.data, m.data_bytes());
  scribbler s(seed);
  std::uint64_t near = 0;
  const auto behave = [&] {
    near = 200 + s.number(800);
    std::memcpy(base, header.data(), header.size());
    std::uint64_t frame = 0;  // its length, and the words to the next one
    for (std::uint64_t at = 0; at < m.data_bytes(); at += 8 + frame) {
      frame = 8 * s.number(16);
      std::memcpy(v.data + at, &frame, sizeof frame);
    }
    v.control->reserve.release(m.capacity);
    v.control->lane_reserve.release(near);
    v.control->lane_head.release(s.number(near));
    v.control->head.release(near);
  };
  for (;;) {
    if (s.number(4) != 0) behave();
    h.admit();
    for (auto left = s.number(2'000); left > 0; --left) {
      const auto what = s.number(64);
      s.scribble(what < 24 ? control : what < 40 ? lane : what < 63 ? data : front, near, m.capacity);
    }
  }
}

template <class E>
void touch(const E& e, std::uint64_t& sum) {
  for (std::size_t i = 0; i < sizeof e; ++i) sum += static_cast<std::uint64_t>(reinterpret_cast<const unsigned char*>(&e)[i]);
}
void touch(const lv::frame& f, std::uint64_t& sum) {
  for (const auto b : f.bytes()) sum += static_cast<std::uint64_t>(b);
}

/// Opens, reads, waits and leaves, again and again. Whatever goes wrong must be a sentence.
template <class Topic>
void be_victim(const lv::text<88>& name, lv::overflow_policy overflow, std::int64_t until, std::uint64_t seed,
               const std::string& bug, victim_counts& all) {
  ::alarm(static_cast<unsigned>((until - now_ns()) / 1'000'000'000) + 20);  // a read that never returns is no success either
  const lv::sealed_topic<Topic> topic(name.view());
  scribbler s(seed);
  std::uint64_t sum = 0;
  while (now_ns() < until) {
    auto made = lv::sealed_subscriber<Topic>::open(topic, {.overflow = overflow}, 2_s);
    if (!made) {
      ++(made.error().sentence.view().find("topic '") == std::string_view::npos ? all.unnamed : all.refused);
      continue;
    }
    ++all.opened;
    for (int turns = 0; turns < 300; ++turns) {
      const auto turn = made->read();
      ++all.turns;
      all.events += turn.events.size();
      if (turn.events.size() > 1024) ++all.impossible;
      if (s.number(4) == 0) ::usleep(1);  // on a busy machine the other side must come to its turn in between
      for (const auto& e : turn.events) {
        touch(e, sum);
        if constexpr (std::is_same_v<typename lv::sealed_subscriber<Topic>::event_type, lv::frame>)
          if (bug == "twice") {
            std::uint32_t length = 0;
            std::memcpy(&length, e.data - sizeof(lv::detail::frame_header), sizeof length);
            touch(lv::frame{e.data, length, 0}, sum);
          }
      }
      if (turn.signal != nullptr) touch(*turn.signal, sum);
      made->release(s.number(8) == 0 ? 0 : turn.events.size());
      sum += made->lost() + made->lost_records() + made->unread() + made->epoch() + static_cast<std::uint64_t>(made->time().ns);
      if (!turn && s.number(8) == 0) sum += made->wait(100_us) ? 1u : 0u;
      if (!turn && !made->status()) break;
    }
  }
  [[maybe_unused]] volatile const auto kept = sum;
}

template <class Topic>
void suffer_publisher(board& rows, const task& run, const char* what, lv::overflow_policy overflow, std::uint64_t milliseconds) {
  const auto name = new_name();
  const shared<victim_counts> all;
  const pid_t hostile = start([&] { be_hostile_publisher<Topic>(name, run.seed); });
  while (!lv::unix_socket::connect(lv::detail::door_name(lv::user_id(), name.view()).view(), 1_s)) dawdle(1000);
  const auto until = now_ns() + static_cast<std::int64_t>(milliseconds) * 1'000'000;
  const pid_t victim = start([&] { be_victim<Topic>(name, overflow, until, run.seed + 1, run.bug, *all); });
  const int code = wait_for(victim);
  kill_now(hostile);
  rows.row(print("a publisher that scribbles over a sealed topic (%s)", what),
           print("%llu ms: opened %llu times, %llu turns, %llu events", number(milliseconds), number(all->opened),
                 number(all->turns), number(all->events)),
           print("subscriber's end %d; refused in words %llu, without a name %llu, turns that cannot be %llu", code,
                 number(all->refused), number(all->unnamed), number(all->impossible)),
           code == 0 && all->opened > 0 && all->turns > 0 && all->unnamed == 0 && all->impossible == 0);
}

// ---- hostile subscribers -----------------------------------------------------------------------------------------------

/// Knocks like everybody, and then scribbles over its cursor and the doors; at times it only sits there and says that it is about
/// to read. When nobody waits for it any more, it comes again.
[[noreturn]] void be_hostile_subscriber(const lv::text<88>& name, std::uint64_t seed) {
  scribbler s(seed);
  for (;;) {
    auto door = lv::unix_socket::connect(lv::detail::door_name(lv::user_id(), name.view()).view(), 2_s);
    if (!door) continue;
    lv::detail::knock k;
    k.overflow = static_cast<std::uint32_t>(lv::overflow_policy::block);
    k.lease = INT64_MAX;
    if (s.number(2) == 0) k.name = lv::compose<48>("guest ", s.number(3));
    [[maybe_unused]] const bool sent = door->send(std::as_bytes(std::span(&k, 1)));
    lv::detail::answer a;
    lv::file parts[lv::detail::handed::count];
    if (door->receive(std::as_writable_bytes(std::span(&a, 1)), parts).descriptors != lv::detail::handed::count) continue;
    constexpr std::size_t page = 4096;
    const auto cursor = opened(lv::mapping::of(parts[lv::detail::handed::cursor], page, lv::access::read_write));
    const auto doors = opened(lv::mapping::of(parts[lv::detail::handed::doors], page, lv::access::read_write));
    auto& c = *reinterpret_cast<lv::detail::cursor_page*>(cursor.base());
    const std::span own(cursor.base(), 256), common(doors.base(), 256);
    const bool sits = s.number(4) == 0;
    const auto until = now_ns() + (sits ? 1'500'000'000 : 30'000'000);
    for (std::uint64_t i = 0; now_ns() < until; ++i) {
      if (sits) {
        c.position.release(i % 2);
        c.policy.relaxed(static_cast<std::uint32_t>(lv::overflow_policy::block));
        c.lease.relaxed(UINT64_MAX);
        c.state.release(static_cast<std::uint32_t>(lv::detail::cursor_state::temporary));
        c.incarnation.release(static_cast<std::uint32_t>(i));
        dawdle(s.number(20'000));
      } else {
        for (int n = 0; n < 64; ++n) s.scribble(s.number(4) == 0 ? common : own, c.position.relaxed(), 512);
        dawdle(s.number(2'000));
      }
    }
  }
}

struct honest_counts {
  std::atomic<std::uint64_t> events{0}, torn{0}, misplaced{0}, lost{0}, evicted{0};
};
[[noreturn]] void be_honest(const lv::text<88>& name, honest_counts& all) {
  const lv::sealed_topic<event> topic(name.view());
  std::uint64_t next = 0;
  for (;;) {
    auto s = opened(
        lv::sealed_subscriber<event>::open(topic, {.name = "guard", .overflow = lv::overflow_policy::evict, .lease = 1_s}, 60_s));
    all.lost += s.position() - next;
    ledger read{s.position()};
    while (s.status()) {
      all.events += read.take(s);
      all.torn.store(all.torn + std::exchange(read.torn, 0));
      all.misplaced.store(all.misplaced + std::exchange(read.misplaced, 0));
      [[maybe_unused]] const bool more = s.wait(1_ms);
    }
    next = read.next;
    ++all.evicted;
  }
}

void suffer_subscribers(board& rows, const task& run, std::uint64_t milliseconds) {
  const auto name = new_name();
  const shared<honest_counts> all;
  const lv::duration lease = 50_ms;
  using ring = lv::detail::ring_of<event>;
  auto h = opened(host::open(name, {.capacity = 4096}, ring::description(), ring::kind,
                             {.overflow = lv::overflow_policy::evict, .lease = lease}));
  if (run.bug == "believed") const_cast<lv::detail::ring_view&>(h.ring().view()).grants = nullptr;
  auto p = opened(h.open_publisher<lv::publisher<event>>());
  const pid_t honest = start([&] { be_honest(name, *all); });
  while (p.subscribers() == 0) h.admit();
  pid_t hostile[2];
  for (auto& one : hostile)
    one = start([&] { be_hostile_subscriber(name, run.seed + static_cast<std::uint64_t>(&one - hostile)); });
  std::mt19937_64 random(run.seed);
  std::int64_t stall = 0;
  std::uint64_t admitted = 0;
  const auto until = now_ns() + static_cast<std::int64_t>(milliseconds) * 1'000'000;
  while (now_ns() < until) {
    admitted += h.admit();
    for (int n = 0; n < 16; ++n) {
      const auto room = p.claim(1 + random() % 60);
      for (std::size_t k = 0; k < room.size(); ++k) room[k] = make_event(p.sequence() + k, p.epoch());
      p.commit(room.size(), {static_cast<std::int64_t>(p.sequence())});
    }
    const auto began = now_ns();
    while (p.claim(1).empty() && now_ns() < until) [[maybe_unused]]
      const bool freed = p.wait_for_room(1_ms);
    stall = std::max(stall, now_ns() - began);
  }
  for (const pid_t one : hostile) kill_now(one);
  const int alive = ::kill(honest, 0);
  kill_now(honest);
  rows.row(
      "two subscribers that scribble over their cursors and the doors of a sealed topic",
      print("%llu ms, %llu admissions, %llu events published", number(milliseconds), number(admitted), number(p.sequence())),
      print("an honest one read %llu, torn %llu, misplaced %llu, lost %llu (evicted %llu times); the publisher's longest wait "
            "%.1f ms, with leases of %.0f ms; evictions %llu",
            number(all->events), number(all->torn), number(all->misplaced), number(all->lost), number(all->evicted),
            static_cast<double>(stall) * 1e-6, static_cast<double>(lease.ns) * 1e-6, number(p.evictions())),
      alive == 0 && all->torn + all->misplaced == 0 && all->events > 0 && admitted > 0 && stall < 1'000'000'000);
}

}  // namespace

int main(int argc, char** argv) {
  const task run(argc, argv, {"twice", "believed"});
  board rows(run.bug);
  const auto each = run.effort(6'000, 400);
  using lv::overflow_policy;
  if (run.wants()) {
    suffer_publisher<event>(rows, run, "stream", overflow_policy::block, each);
    suffer_publisher<event>(rows, run, "stream, overwritten", overflow_policy::overwrite, each);
    suffer_publisher<event>(rows, run, "stream, evicted", overflow_policy::evict, each);
    suffer_publisher<lv::line<event>>(rows, run, "line", overflow_policy::block, each);
  }
  if (run.wants({"twice"})) suffer_publisher<lv::frames<>>(rows, run, "frames", overflow_policy::block, each);
  if (run.wants({"believed"})) suffer_subscribers(rows, run, run.bug.empty() ? run.effort(30'000, 1'500) : 5'000);
  return rows.exit_code();
}
