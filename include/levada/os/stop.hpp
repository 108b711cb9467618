// SPDX-License-Identifier: BSL-1.0
// stop: SIGTERM and SIGINT as a flag that loops test and a descriptor that waits can watch.
#pragma once

#include <levada/core/word.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace levada::inline v0 {

namespace detail {
inline word<std::uint32_t> stop_flag{0};
inline constinit thread_local const word<std::uint32_t>* stop_flag_of_thread = nullptr;
inline int stop_event() {
  static const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);  // for the life of the process
  return fd;
}
}  // namespace detail

/// Becomes readable when a stop is requested, and stays so.
[[nodiscard]] inline int stop_fd() { return detail::stop_event(); }
[[nodiscard]] inline bool stop_requested() {
  if (detail::stop_flag.acquire() != 0) return true;  // pairs with the release in request_stop
  return detail::stop_flag_of_thread != nullptr && detail::stop_flag_of_thread->acquire() != 0;  // and with its owner's release
}
/// While it lives, stop_requested() heeds this flag as well, on this thread: whoever waits deep inside of a flow hears of a stop
/// that concerns this flow alone.
class stop_scope {
 public:
  explicit stop_scope(const word<std::uint32_t>& flag) : outer_(std::exchange(detail::stop_flag_of_thread, &flag)) {}
  ~stop_scope() { detail::stop_flag_of_thread = outer_; }
  stop_scope(const stop_scope&) = delete;
  stop_scope& operator=(const stop_scope&) = delete;

 private:
  const word<std::uint32_t>* outer_;
};

/// Asks every loop of the process to end. Safe in a signal handler once stop_fd() was called.
inline void request_stop() {
  int kept = errno;
  detail::stop_flag.release(1);  // pairs with the acquire in stop_requested
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(detail::stop_event(), &one, sizeof one);
  errno = kept;
}

/// While it lives, SIGTERM and SIGINT request a stop. Afterwards the old handlers are back and the request is forgotten.
/// One at a time in a process.
class stop_signals {
 public:
  stop_signals() {
    [[maybe_unused]] int made = detail::stop_event();  // before a handler may need it
    struct sigaction action{};
    action.sa_handler = [](int) { request_stop(); };
    ::sigemptyset(&action.sa_mask);  // without SA_RESTART: a wait ends with EINTR
    ::sigaction(SIGTERM, &action, &old_term_);
    ::sigaction(SIGINT, &action, &old_int_);
  }
  ~stop_signals() {
    ::sigaction(SIGTERM, &old_term_, nullptr);
    ::sigaction(SIGINT, &old_int_, nullptr);
    detail::stop_flag.release(0);
    std::uint64_t count = 0;
    [[maybe_unused]] auto drained = ::read(detail::stop_event(), &count, sizeof count);
  }
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

 private:
  struct sigaction old_term_{};
  struct sigaction old_int_{};
};

}  // namespace levada::inline v0
