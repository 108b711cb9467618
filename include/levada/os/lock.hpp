// SPDX-License-Identifier: BSL-1.0
// lock: open-file-description locks. The kernel releases one when the last descriptor of its open file is closed and its last
// mapping is gone, so whoever holds one is alive, and no heartbeat is needed to know it.
// The trap: a bare fork() copies the descriptor, and the child keeps the lock when the owner dies. Therefore every
// descriptor of this library is O_CLOEXEC and children are started by posix_spawn. (Such a child has the copy too until
// its exec is done, some microseconds after posix_spawn has returned.)
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>

#include <fcntl.h>
#include <sys/types.h>

namespace levada::inline v0 {

/// Bytes of a file that a lock is for; they need not exist. Length 0: to the end, wherever that is.
struct lock_range {
  off_t at = 0;
  off_t length = 0;
};
/// Many locks in one file: each byte is one.
constexpr lock_range byte_lock(std::size_t at) { return {static_cast<off_t>(at), 1}; }

namespace detail {
inline bool lock_call(int fd, int command, struct flock& l, short kind, lock_range of) {
  l.l_type = kind;
  l.l_whence = SEEK_SET;
  l.l_start = of.at;
  l.l_len = of.length;
  int done = 0;
  do done = ::fcntl(fd, command, &l);
  while (done != 0 && errno == EINTR && command == F_OFD_SETLKW);
  return done == 0;
}
}  // namespace detail

/// Takes the lock if nobody has it.
[[nodiscard]] inline bool try_lock(int fd, lock_range of = {}) {
  struct flock l{};
  return detail::lock_call(fd, F_OFD_SETLK, l, F_WRLCK, of);
}
/// Takes it together with others who share it, if nobody has it alone. Who has it alone shares it from then on.
[[nodiscard]] inline bool try_share_lock(int fd, lock_range of = {}) {
  struct flock l{};
  return detail::lock_call(fd, F_OFD_SETLK, l, F_RDLCK, of);
}
/// Gives it back before the file is closed. Who has mapped the file must: the kernel keeps a lock until the last of the file's
/// descriptors and mappings is gone.
inline void unlock(int fd, lock_range of = {}) {
  struct flock l{};
  [[maybe_unused]] const bool done = detail::lock_call(fd, F_OFD_SETLK, l, F_UNLCK, of);
}
/// Waits for the lock. False only if the file cannot be locked at all.
[[nodiscard]] inline bool wait_lock(int fd, lock_range of = {}) {
  struct flock l{};
  return detail::lock_call(fd, F_OFD_SETLKW, l, F_WRLCK, of);
}
/// Does another open file hold it, or share it? One's own lock does not count.
[[nodiscard]] inline bool is_locked(int fd, lock_range of = {}) {
  struct flock l{};
  return detail::lock_call(fd, F_OFD_GETLK, l, F_WRLCK, of) && l.l_type != F_UNLCK;
}

/// The same, for whom it would do harm to take the living for dead: a file that cannot be asked counts as locked.
[[nodiscard]] inline bool may_be_locked(int fd, lock_range of = {}) {
  struct flock l{};
  return !detail::lock_call(fd, F_OFD_GETLK, l, F_WRLCK, of) || l.l_type != F_UNLCK;
}

}  // namespace levada::inline v0
