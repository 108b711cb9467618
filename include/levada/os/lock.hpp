// SPDX-License-Identifier: BSL-1.0
// lock: open-file-description locks. The kernel releases one when the last descriptor of its open file is closed, so
// whoever holds one is alive, and no heartbeat is needed to know it.
// The trap: a bare fork() copies the descriptor, and the child keeps the lock when the owner dies. Therefore every
// descriptor of this library is O_CLOEXEC and children are started by posix_spawn. (Such a child has the copy too until
// its exec is done, some microseconds after posix_spawn has returned.)
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>

#include <fcntl.h>

namespace levada::inline v0 {

namespace detail {
/// Of the whole file, unless `l` names a part.
inline bool lock_call(int fd, int command, struct flock& l) {
  l.l_type = F_WRLCK;
  l.l_whence = SEEK_SET;
  int done = 0;
  do done = ::fcntl(fd, command, &l);
  while (done != 0 && errno == EINTR && command == F_OFD_SETLKW);
  return done == 0;
}
}  // namespace detail

/// Takes the lock if nobody has it.
[[nodiscard]] inline bool try_lock(int fd) {
  struct flock l{};
  return detail::lock_call(fd, F_OFD_SETLK, l);
}
/// Waits for the lock. False only if the file cannot be locked at all.
[[nodiscard]] inline bool wait_lock(int fd) {
  struct flock l{};
  return detail::lock_call(fd, F_OFD_SETLKW, l);
}
/// Does another open file hold it? One's own lock does not count.
[[nodiscard]] inline bool is_locked(int fd) {
  struct flock l{};
  return detail::lock_call(fd, F_OFD_GETLK, l) && l.l_type != F_UNLCK;
}

// Many locks in one file: each byte is one, and need not be there.

[[nodiscard]] inline bool try_lock_byte(int fd, std::size_t byte) {
  struct flock l{};
  l.l_start = static_cast<off_t>(byte);
  l.l_len = 1;
  return detail::lock_call(fd, F_OFD_SETLK, l);
}
/// A file that cannot be asked counts as locked: who is taken for dead loses what it holds.
[[nodiscard]] inline bool is_locked_byte(int fd, std::size_t byte) {
  struct flock l{};
  l.l_start = static_cast<off_t>(byte);
  l.l_len = 1;
  return !detail::lock_call(fd, F_OFD_GETLK, l) || l.l_type != F_UNLCK;
}

}  // namespace levada::inline v0
