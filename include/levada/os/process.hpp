// SPDX-License-Identifier: BSL-1.0
// process: children, started by posix_spawn and never by a bare fork, because a lock would live on in a forked child.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/file.hpp>
#include <levada/os/stop.hpp>
#include <levada/os/usage.hpp>

#include <cerrno>
#include <csignal>
#include <span>
#include <utility>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace levada::inline v0 {

[[nodiscard]] inline int process_id() { return ::getpid(); }

/// How a process ended: with a code, or by a signal.
struct exit_status {
  bool ended = false;  ///< false: it still runs
  int code = 0;        ///< of exit(); 128 + signal if a signal ended it, as shells count
  int signal = 0;      ///< 0: none
};

/// A process that this one started. Destroying it leaves the process alone.
class child {
 public:
  child() = default;
  explicit child(int pid) : pid_(pid) {}
  child(child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}
  child& operator=(child&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(status_, other.status_);
    return *this;
  }

  [[nodiscard]] int pid() const { return pid_; }
  /// Waits for its end.
  exit_status wait() { return look(0); }
  [[nodiscard]] exit_status try_wait() { return look(WNOHANG); }
  /// Nothing happens when it has ended: its number may belong to somebody else by now.
  void kill(int number) const {
    if (pid_ > 0 && !status_.ended) ::kill(pid_, number);
  }

 private:
  exit_status look(int how) {
    if (status_.ended || pid_ <= 0) return status_;
    int raw = 0, found = 0;
    do found = ::waitpid(pid_, &raw, how);
    while (found < 0 && errno == EINTR);
    if (found == pid_) {
      status_.ended = true;
      status_.signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
      status_.code = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    } else if (found < 0) {
      status_.ended = true;  // reaped by somebody else
    }
    return status_;
  }

  int pid_ = -1;
  exit_status status_{};
};

/// Starts the program at path argv[0]; the last element is a null pointer. It begins with default signal handlers.
inline result<child> spawn(const char* const* argv) {
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t all, none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  int error = ::posix_spawn(&pid, argv[0], nullptr, &attributes, const_cast<char* const*>(argv), ::environ);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return os_fault("start", argv[0], error);
  return child{pid};
}
template <class... Argument>
result<child> spawn(const char* program, const Argument*... argument) {
  const char* argv[] = {program, argument..., nullptr};
  return spawn(static_cast<const char* const*>(argv));
}

/// Readable when that process has ended, and its locks are free. A hint, and no more: the number may be another's by now, or of
/// another PID namespace. Empty, and never readable, where the process cannot be watched.
[[nodiscard]] inline file watch_process(int pid) {
  return file{pid > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)) : -1};
}
/// Waits for that. False when the time is over.
[[nodiscard]] inline bool wait_for_end(const file& watched, duration timeout) {
  pollfd p{watched.fd(), POLLIN, 0};
  const timespec limit = detail::timespec_of(timeout);
  return ::ppoll(&p, 1, &limit, nullptr) > 0;
}

/// The path of the program that runs.
[[nodiscard]] inline text<256> self_path() {
  text<256> path;
  if (::readlink("/proc/self/exe", path.bytes, sizeof path.bytes - 1) < 0) path = text<256>{};
  return path;
}

}  // namespace levada::inline v0
