// SPDX-License-Identifier: BSL-1.0
// lock: open-file-description locks. The kernel releases one when the last descriptor of its open file is closed, so
// whoever holds one is alive, and no heartbeat is needed to know it.
// The trap: a bare fork() copies the descriptor, and the child keeps the lock when the owner dies. Therefore every
// descriptor of this library is O_CLOEXEC and children are started by posix_spawn. (Such a child has the copy too until
// its exec is done, some microseconds after posix_spawn has returned.)
#pragma once

#include <cerrno>
#include <cstdio>

#include <fcntl.h>

namespace levada::inline v0 {

namespace detail {
inline bool lock_call(int fd, int command, struct flock& l, short type = F_WRLCK) {
  l.l_type = type;
  l.l_whence = SEEK_SET;  // the whole file
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
/// Gives it back. To close the descriptor is not enough where the file is mapped: the mapping keeps the open file, and its lock.
inline void unlock(int fd) {
  struct flock l{};
  detail::lock_call(fd, F_OFD_SETLK, l, F_UNLCK);
}
/// Does another open file hold it? One's own lock does not count.
[[nodiscard]] inline bool is_locked(int fd) {
  struct flock l{};
  return detail::lock_call(fd, F_OFD_GETLK, l) && l.l_type != F_UNLCK;
}

}  // namespace levada::inline v0
