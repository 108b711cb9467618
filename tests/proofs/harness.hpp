// SPDX-License-Identifier: BSL-1.0
// harness: what the proofs of a room share: the command line, events that show when they are torn, children that are killed.
#pragma once

#include <levada/bus/subscriber.hpp>
#include <levada/core/result.hpp>

#include "../support/scratch_bus.hpp"
#include "board.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace proofs {

namespace lv = levada;

constexpr unsigned long long number(std::uint64_t n) { return n; }  // as printf wants it

/// PROGRAM [--short] [--seed N] [--bug NAME] | --bugs
class task {
 public:
  std::string bug;
  std::uint64_t seed = 1;

  task(int argc, char** argv, std::initializer_list<const char*> bugs) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      if (word == "--short") {
        is_short_ = true;
      } else if (word == "--seed" && i + 1 < argc) {
        seed = std::strtoull(argv[++i], nullptr, 10);
      } else if (word == "--bug" && i + 1 < argc) {
        bug = argv[++i];
        bool known = false;
        for (const char* one : bugs) known |= bug == one;
        if (!known) std::fprintf(stderr, "%s: there is no bug '%s'; see --bugs\n", argv[0], bug.c_str()), std::exit(64);
      } else if (word == "--bugs") {
        for (const char* one : bugs) std::puts(one);
        std::exit(0);
      } else {
        std::fprintf(stderr, "%s [--short] [--seed N] [--bug NAME] | --bugs\n", argv[0]);
        std::exit(64);
      }
    }
  }
  /// How much to do: the short form is also for bugs, which are caught early.
  [[nodiscard]] std::uint64_t effort(std::uint64_t whole, std::uint64_t brief) const {
    return is_short_ || !bug.empty() ? brief : whole;
  }
  /// Is this proof to run? With a bug only those are that must catch it.
  [[nodiscard]] bool wants(std::initializer_list<const char*> catches = {}) const {
    if (bug.empty()) return true;
    for (const char* one : catches)
      if (bug == one) return true;
    return false;
  }

 private:
  bool is_short_ = false;
};

struct event {
  std::uint64_t index = 0, value = 0;
  std::uint32_t epoch = 0, sum = 0;
};
inline event make_event(std::uint64_t index, std::uint32_t epoch) {
  const auto value = index * 0x9e3779b97f4a7c15u;
  return {index, value, epoch, static_cast<std::uint32_t>(value >> 32) ^ static_cast<std::uint32_t>(index) ^ epoch};
}
inline bool is_whole(const event& e) {
  const auto right = make_event(e.index, e.epoch);
  return right.value == e.value && right.sum == e.sum;
}

inline lv::topic<event> topic_on(const scratch_bus& scratch, std::uint64_t capacity = 4096) {
  return {scratch.bus(), "t", {.capacity = capacity}};
}
template <class T>
T opened(lv::result<T> made) {
  if (!made) std::fprintf(stderr, "proof: %s\n", made.error().sentence.c_str()), std::exit(1);
  return *std::move(made);
}

inline void dawdle(std::uint64_t n) {
  for (; n > 0; --n) std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// A T that processes share.
template <class T>
class shared {
 public:
  shared() : at_(::new(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) T) {}
  ~shared() { ::munmap(at_, sizeof(T)); }
  shared(const shared&) = delete;
  shared& operator=(const shared&) = delete;
  T* operator->() const { return at_; }
  T& operator*() const { return *at_; }

 private:
  T* at_;
};

/// A child that does this until it is killed.
inline pid_t start(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) body(), ::_exit(0);
  if (child < 0) std::perror("proof: fork"), std::exit(71);
  return child;
}
inline void kill_now(pid_t child) {
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// The stream as a subscriber sees it.
struct ledger {
  std::uint64_t next, torn = 0, misplaced = 0, signals = 0, misplaced_signals = 0;

  std::uint64_t take(lv::subscriber<event>& s) {
    std::uint64_t n = 0;
    while (const auto turn = s.read()) {
      if (turn.signal != nullptr) {
        ++signals;
        misplaced_signals += turn.signal->value == next && turn.signal->sequence == next ? 0u : 1u;
      }
      next += turn.lost;
      for (const auto& e : turn.events) {
        torn += is_whole(e) && e.epoch == s.epoch() ? 0u : 1u;
        misplaced += e.index == next ? 0u : 1u;
        next = e.index + 1;
      }
      n += turn.events.size();
      s.release(turn.events.size());
    }
    return n;
  }
  [[nodiscard]] bool is_right() const { return torn + misplaced + misplaced_signals == 0; }
};

}  // namespace proofs
