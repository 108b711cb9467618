// SPDX-License-Identifier: BSL-1.0
// memory_file: files in memory that have no name, and seals on them: promises that the kernel keeps, whoever holds a descriptor.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace levada::inline v0 {

/// Nobody makes it longer or shorter, so that no mapping of it ends in a SIGBUS; and no seal is added.
inline constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
/// Nobody writes to it any more, but through the mappings that are there.
inline constexpr int writer_seals = size_seals | 0x0010;  // F_SEAL_FUTURE_WRITE, which older C libraries do not name

/// A file of so many bytes, whose pages exist. The label shows in /proc.
inline result<file> memory_file(const char* label, std::uint64_t bytes) {
  file f{::memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!f) return os_fault("make memory for", label, errno);
  // Whoever is handed a descriptor could otherwise open it again with more rights.
  if (::fchmod(f.fd(), 0600) != 0) return f.refused("set the mode of", errno);
  if (bytes != 0)
    if (auto room = f.allocate(bytes); !room) return room.error();
  return f;
}

inline result<> seal(const file& f, int seals) {
  if (::fcntl(f.fd(), F_ADD_SEALS, seals) != 0) return f.refused("seal", errno);
  return {};
}

/// Is this a file with these seals, and with all its pages? Then what is mapped of it can be read, whatever its maker does.
inline result<> is_sealed(const file& f, int seals) {
  const int all = ::fcntl(f.fd(), F_GET_SEALS);  // first: whatever else may have been handed over says no
  if (all < 0 || (all & seals) != seals)
    return fault::of(failure::data, "'", f.path(), "' is not sealed: whoever has made it could take it away from under a reader");
  struct stat s{};
  if (::fstat(f.fd(), &s) != 0) return f.refused("look at", errno);
  if (s.st_blocks * 512 < s.st_size) return fault::of(failure::data, "'", f.path(), "' has holes: to read it would take memory");
  return {};
}

}  // namespace levada::inline v0
