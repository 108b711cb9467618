// SPDX-License-Identifier: BSL-1.0
// file: the owner of a file descriptor, and what the kernel's refusals are called in words.
#pragma once

#include <levada/core/result.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace levada::inline v0 {

/// "cannot open '/x/y': Permission denied", with the kind of failure that the error number means.
[[nodiscard]] LEVADA_COLD inline fault os_fault(std::string_view what, std::string_view path, int error) {
  auto kind = failure::io;
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS: kind = failure::permission; break;
    case ENOSPC:
    case EDQUOT:
    case ENOMEM:
    case EFBIG: kind = failure::no_space; break;
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP: kind = failure::unreadable; break;
    default: break;
  }
  const char* words = ::strerrordesc_np(error);  // unlike strerror it shares no buffer between threads
  return fault::of(kind, "cannot ", what, " '", path, "': ", words != nullptr ? words : "unknown error");
}

/// Holds  one descriptor, closed with it. Always O_CLOEXEC: a lock must not outlive its owner in a child.
class file {
 public:
  file() = default;
  explicit file(int fd) : fd_(fd) {}
  file(file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file& operator=(file&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// Takes  the flags of open(2).
  static result<file> open(const char* path, int flags, unsigned mode = 0600) {
    int fd = 0;
    do fd = ::open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return os_fault("open", path, errno);
    return file{fd};
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }

  /// At most `room.size()` bytes; none at the end. A descriptor that does not block and has none gives a fault of kind io.
  result<std::size_t> read(std::span<char> room) const {
    return retry("read", [&] { return ::read(fd_, room.data(), room.size()); });
  }
  result<std::size_t> pread(std::span<char> room, std::uint64_t offset) const {
    return retry("read", [&] { return ::pread(fd_, room.data(), room.size(), static_cast<off_t>(offset)); });
  }
  result<std::size_t> write(std::span<const char> bytes) const {
    return retry("write", [&] { return ::write(fd_, bytes.data(), bytes.size()); });
  }
  /// Goes on after short writes until all is written.
  result<> write_all(std::span<const char> bytes) const {
    while (!bytes.empty()) {
      auto n = write(bytes);
      if (!n) return n.error();
      bytes = bytes.subspan(*n);
    }
    return {};
  }

  /// Waits until the device says that it has what was written. A fault is final: what was written may be gone.
  result<> sync() const {
    while (::fsync(fd_) != 0)
      if (errno != EINTR) return refused("keep", errno);
    return {};
  }
  result<std::uint64_t> size() const {
    struct stat s{};
    if (::fstat(fd_, &s) != 0) return refused("look at", errno);
    return static_cast<std::uint64_t>(s.st_size);
  }
  /// Makes the file this long and its pages real, so that a full disk is a fault here and not a SIGBUS later.
  result<> allocate(std::uint64_t bytes) const {
    int error = 0;
    do error = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes));
    while (error == EINTR);
    if (error != 0) return refused("make room in", error);
    return {};
  }

  /// os_fault with the name of this file.
  [[nodiscard]] fault refused(std::string_view what, int error) const { return os_fault(what, path().view(), error); }
  /// The name that the kernel knows, for sentences.
  [[nodiscard]] text<256> path() const {
    text<256> name;
    auto link = compose<48>("/proc/self/fd/", fd_);
    if (::readlink(link.c_str(), name.bytes, sizeof name.bytes - 1) < 0) name = compose<256>("descriptor ", fd_);
    return name;
  }

 private:
  template <class Call>
  result<std::size_t> retry(std::string_view what, Call call) const {
    for (;;) {
      auto n = call();
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return refused(what, errno);
    }
  }

  int fd_ = -1;
};

/// The same file once more: with flags and locks of its own, unlike a copy of the descriptor.
inline result<file> reopen(const file& f, int flags) {
  const auto path = compose<48>("/proc/self/fd/", f.fd());
  return file::open(path.c_str(), flags);
}
/// Another descriptor of the same open file.
inline result<file> copy_of(const file& f) {
  file copy{::fcntl(f.fd(), F_DUPFD_CLOEXEC, 0)};
  if (!copy) return f.refused("copy", errno);
  return copy;
}
/// Makes a descriptor that is open already one of this open file.
inline result<> copy_onto(const file& f, int number) {
  if (::dup3(f.fd(), number, O_CLOEXEC) < 0) return f.refused("copy", errno);
  return {};
}

}  // namespace levada::inline v0
