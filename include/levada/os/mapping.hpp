// SPDX-License-Identifier: BSL-1.0
// mapping: the owner of a piece of address space that shows files. A ring is shown with its data twice in a row, so
// that a span of it never wraps.
#pragma once

#include <levada/core/result.hpp>
#include <levada/os/file.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

namespace levada::inline v0 {

[[nodiscard]] inline std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

enum class access : std::uint8_t { read, read_write };

/// Holds  its pages until it is destroyed. The address stays when the owner moves.
class mapping {
 public:
  mapping() = default;
  mapping(mapping&& other) noexcept : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  mapping& operator=(mapping&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~mapping() {
    if (base_ != nullptr) ::munmap(base_, bytes_);
  }

  /// The bytes [offset, offset + bytes) of a file; the offset is a multiple of a page.
  static result<mapping> of(const file& f, std::size_t bytes, access how, std::uint64_t offset = 0) {
    void* base = ::mmap(nullptr, bytes, protection(how), MAP_SHARED, f.fd(), static_cast<off_t>(offset));
    if (base == MAP_FAILED) return f.refused("map", errno);
    return mapping{base, bytes};
  }
  /// The first `front` bytes of a file once, the `data` bytes behind them twice. Both are multiples of a page.
  static result<mapping> ring(const file& f, std::size_t front, std::size_t data, access how) {
    auto all = space(front + 2 * data);
    if (!all) return all.error();
    if (auto first = all->show(0, f, front + data, how); !first) return first.error();
    if (auto second = all->show(front + data, f, data, how, front); !second) return second.error();
    return std::move(*all);
  }
  /// Private memory of whole pages, zeroed.
  static result<mapping> memory(std::size_t bytes) { return anonymous(bytes, PROT_READ | PROT_WRITE); }
  /// Addresses without memory, for show().
  static result<mapping> space(std::size_t bytes) { return anonymous(bytes, PROT_NONE); }
  /// Shows a part of a file at a place inside this mapping.
  result<> show(std::size_t at, const file& f, std::size_t bytes, access how, std::uint64_t offset = 0) {
    LEVADA_CHECK(at <= bytes_ && bytes <= bytes_ - at, bytes);
    int flags = MAP_SHARED | MAP_FIXED;
    if (::mmap(base() + at, bytes, protection(how), flags, f.fd(), static_cast<off_t>(offset)) == MAP_FAILED)
      return f.refused("map", errno);
    return {};
  }

  [[nodiscard]] std::byte* base() const { return static_cast<std::byte*>(base_); }
  [[nodiscard]] std::size_t size() const { return bytes_; }
  [[nodiscard]] explicit operator bool() const { return base_ != nullptr; }

 private:
  mapping(void* base, std::size_t bytes) : base_(base), bytes_(bytes) {}
  static int protection(access how) { return how == access::read ? PROT_READ : PROT_READ | PROT_WRITE; }
  static result<mapping> anonymous(std::size_t bytes, int protection) {
    void* base = ::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return os_fault("reserve", compose<40>(bytes, " bytes").view(), errno);
    return mapping{base, bytes};
  }

  void* base_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace levada::inline v0
