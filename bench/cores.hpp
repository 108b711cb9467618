// SPDX-License-Identifier: BSL-1.0
// cores: two sides of a ring, pinned to two cores, as threads or as processes, and the state that the machine is in. A virtual
// machine moves between a near state (a cache line goes round in some 65 ns) and a far one (some 320 ns), so a sample is worth
// something only beside a ping-pong of one line.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <initializer_list>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

/// The first two cores that this process may use; none if it may use fewer.
inline std::optional<std::pair<int, int>> two_cores() {
  cpu_set_t allowed;
  std::vector<int> found;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    for (int i = 0; i < CPU_SETSIZE && found.size() < 2; ++i)
      if (CPU_ISSET(static_cast<std::size_t>(i), &allowed)) found.push_back(i);
  if (found.size() < 2) return {};
  return std::pair(found[0], found[1]);
}
inline void pin_to(std::initializer_list<int> cores) {
  cpu_set_t some;
  CPU_ZERO(&some);
  for (const int core : cores) CPU_SET(static_cast<std::size_t>(core), &some);
  ::sched_setaffinity(0, sizeof some, &some);
}
inline void pin_to(int core) { pin_to({core}); }
inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}
inline double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// A T in memory that a forked child shares.
template <class T>
class shared {
 public:
  template <class... Arguments>
  explicit shared(Arguments&&... arguments) {
    void* place = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) std::perror("bench_bus: shared memory"), std::exit(71);
    object_ = ::new (place) T(static_cast<Arguments&&>(arguments)...);
  }
  ~shared() {
    object_->~T();
    ::munmap(object_, sizeof(T));
  }
  shared(const shared&) = delete;
  shared& operator=(const shared&) = delete;
  T& operator*() { return *object_; }
  T* operator->() { return object_; }

 private:
  T* object_;
};

enum class sides { threads, processes };
inline const char* name_of(sides s) { return s == sides::threads ? "threads" : "processes"; }

inline double own_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}
/// Says how much of its core the calling thread has had since this was made; one that never sleeps should have had it all.
class share_of_core {
 public:
  [[nodiscard]] double operator()() const { return (own_seconds() - own_) / (seconds_now() - wall_); }

 private:
  double wall_ = seconds_now(), own_ = own_seconds();
};
inline constexpr double undisturbed_share = 0.97;

struct outcome {
  double seconds = 0;
  bool ended_well = false;
  bool undisturbed = false;  ///< both sides had their cores meanwhile
};

/// Runs near() here and far() on the other core, as a thread or a forked process; both begin at once, when prepare_far() is
/// done there. The time is that of near().
template <class Prepare, class Far, class Near>
outcome race(sides how, std::pair<int, int> cores, Prepare prepare_far, Far far, Near near) {
  struct signs {
    std::atomic<bool> ready{false}, go{false};
    std::atomic<double> share{0};
  };
  shared<signs> sign;
  auto other = [&] {
    pin_to(cores.second);
    prepare_far();
    sign->ready.store(true, std::memory_order_release);  // pairs with the acquire below: the other side may begin
    while (!sign->go.load(std::memory_order_acquire)) relax();
    const share_of_core had;
    far();
    sign->share.store(had(), std::memory_order_relaxed);  // ordered by the join or the wait
  };
  std::thread thread;
  pid_t process = 0;
  if (how == sides::threads) {
    thread = std::thread(other);
  } else if (process = ::fork(); process == 0) {
    other();
    ::_exit(0);
  }
  pin_to(cores.first);
  while (!sign->ready.load(std::memory_order_acquire)) relax();  // pairs with the release above
  const share_of_core had;
  const double begin = seconds_now();
  sign->go.store(true, std::memory_order_release);  // pairs with the acquire in `other`
  near();
  const double end = seconds_now();
  const double share = had();
  bool ended_well = true;
  if (how == sides::threads) {
    thread.join();
  } else {
    int status = 0;
    ended_well = ::waitpid(process, &status, 0) == process && status == 0;
  }
  return {end - begin, ended_well, std::min(share, sign->share.load(std::memory_order_relaxed)) >= undisturbed_share};
}

/// Runs each body on a thread of its own, on the two cores as the system sees fit: all begin at once, and whoever waits must
/// yield. The time is that of all.
template <std::size_t N>
outcome crowd(std::pair<int, int> cores, const std::array<std::function<void()>, N>& bodies) {
  std::atomic<std::size_t> ready{0};
  std::atomic<bool> go{false};
  std::atomic<double> used{0};
  std::vector<std::thread> threads;
  for (const auto& body : bodies)
    threads.emplace_back([&] {
      pin_to({cores.first, cores.second});
      ready.fetch_add(1);
      while (!go.load(std::memory_order_acquire)) std::this_thread::yield();  // pairs with the release below
      const double before = own_seconds();
      body();
      used.fetch_add(own_seconds() - before);
    });
  while (ready.load() < N) std::this_thread::yield();
  const double begin = seconds_now();
  go.store(true, std::memory_order_release);  // pairs with the acquire above
  for (auto& t : threads) t.join();
  const double took = seconds_now() - begin;
  return {took, true, used.load() >= 0.9 * 2 * took};
}
/// For a while on its core, then it lets others have it.
class patient {
 public:
  void operator()() {
    if (++spins_ % 32 == 0)
      std::this_thread::yield();
    else
      relax();
  }

 private:
  unsigned spins_ = 0;
};

/// A value, and whether it may be counted.
struct measured {
  double value = 0;
  bool right = false;
  bool undisturbed = false;
};

/// Mean round trip of one cache line between the cores, in ns.
inline measured ping_pong(std::pair<int, int> cores, std::uint64_t rounds = 2'000, sides how = sides::threads) {
  struct line {
    alignas(128) std::atomic<std::uint64_t> value{0};
  };
  shared<line> ball;
  const outcome ran = race(
      how, cores, [] {},
      [&] {
        for (std::uint64_t i = 1; i <= rounds; ++i) {
          while (ball->value.load(std::memory_order_acquire) != 2 * i - 1) relax();
          ball->value.store(2 * i, std::memory_order_release);
        }
      },
      [&] {
        for (std::uint64_t i = 1; i <= rounds; ++i) {
          ball->value.store(2 * i - 1, std::memory_order_release);  // each pairs with the acquire of the other side
          while (ball->value.load(std::memory_order_acquire) != 2 * i) relax();
        }
      });
  return {ran.seconds * 1e9 / static_cast<double>(rounds), ran.ended_well, ran.undisturbed};
}

/// "near", "far", or "mixed" when the machine moved between the two ping-pongs around a sample.
inline std::string state_of(double before, double after) {
  constexpr double border = 150;
  if (before < border && after < border) return "near";
  return before >= border && after >= border ? "far" : "mixed";
}

}  // namespace bench
