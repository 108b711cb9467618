// SPDX-License-Identifier: BSL-1.0
// machine: explores what threads may do to each other over the library's own headers, compiled as they are. The compiler's
// instrumentation for the race detector (-fsanitize=thread) makes a call of every access to memory; here these calls are answered
// not by its runtime but by Relacy (machine.cpp): an atomic may give any value that the memory model of C++ allows, what is read
// and written plainly must be ordered by what happens before it, and at each step another thread may go on.
// Only the operating system is played: shadow/levada/os has bells, locks, the clock and the barrier.
#pragma once

#include <levada/core/config.hpp>

// The machine is to see these reads too: it knows no word that two threads may not reach.
#undef LEVADA_RACES
#define LEVADA_RACES __attribute__((noinline))

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace machine {

/// What is explored. All of it is set up before and used again in every schedule.
class program {
 public:
  virtual ~program() = default;
  virtual void begin() {}  ///< before the threads of a schedule, when what was kept is as it was
  virtual void thread(unsigned i) = 0;
  virtual void end() {}  ///< when all threads have ended
};

struct search {
  unsigned threads = 2;  ///< 2 or 3
  std::uint64_t schedules = 0;
  std::uint64_t seed = 1;
  unsigned switches = 0;  ///< 0: random schedules. Otherwise all that take a running thread's turn away at most so often
};
struct outcome {
  bool held = false;
  std::uint64_t schedules = 0;
  std::string sentence;  ///< what did not hold
};
/// Ends early when something does not hold. LEVADA_HISTORY=1: each step of the schedule on standard error.
outcome explore(program& p, const search& how);

// ---- before exploring ----------------------------------------------------------------------------------------------------

/// These bytes are as they are now whenever a schedule begins.
void keep(void* at, std::size_t bytes);
template <class T>
void keep(T& object) {
  keep(static_cast<void*>(&object), sizeof object);
}
/// An atomic word that threads share. It lies in what is kept. Words that are not named must be one thread's, or constant.
void share_word(void* at, std::size_t bytes);
template <class W>
void share(W& word) {
  share_word(&word, sizeof word);
}
/// Memory that threads read and write plainly, in units of 8 bytes.
void share_data(void* at, std::size_t bytes);
void forget_all();

// ---- bugs, made on purpose -----------------------------------------------------------------------------------------------

void relax(const void* word);                       ///< its stores publish nothing, its changes order nothing
void omit(const void* word);                        ///< its read-modify-writes do not happen
void freeze(const void* word, unsigned thread);     ///< the thread sees the value with which the schedule began
void swap(const void* earlier, const void* later);  ///< a store to the first comes after the next store to the second
void omit_barriers();                               ///< they say that they were made
void omit_fences();
void hide(unsigned thread);  ///< barriers do not reach it, whatever it believes
void break_barriers();       ///< the kernel refuses them, and they say so

// ---- for the threads -----------------------------------------------------------------------------------------------------

void require(bool holds, const char* sentence);
[[nodiscard]] unsigned choose(unsigned n);  ///< 0 to n - 1: all are tried
void yield();                               ///< nothing to do until others have gone on

namespace detail {
std::jmp_buf& arm(unsigned most_steps);
void disarm();
}  // namespace detail

/// Runs f, which may be killed at any of its steps. True: it has come to its end.
template <class F>
bool mortal(unsigned most_steps, F f) {
  if (setjmp(detail::arm(most_steps)) != 0) return false;
  f();
  detail::disarm();
  return true;
}

// ---- the operating system ------------------------------------------------------------------------------------------------

bool barrier_everywhere();
bool can_register();
int bell_of(const char* path);
void ring(int bell);
void drain(int bell);
/// True: one of them has rung. Without a limit of time nothing but a ring ends it: a wake-up that is lost is a deadlock.
bool wait(std::initializer_list<int> bells, bool limited);
std::int64_t clock();            ///< moves on with every look at it
void set_tick(std::int64_t ns);  ///< by so much
void set_patient();              ///< waits with a limit have none: a wake-up that is lost is a deadlock there too
bool is_held(int lock);          ///< subscriber i holds lock i
void take(int lock);
void let_go(int lock);

}  // namespace machine
