// SPDX-License-Identifier: BSL-1.0
// image: an array as it was at one moment, copied while it goes on changing. A cell that is about to change is copied before, all
// others in passing, a few between two spans: so a stream does not stop for a checkpoint, however much state it has.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace levada::inline v0 {

/// Holds  a copy of the array and a bit for each cell, from the first begin() on.
/// Fails  by ending the process when memory is out.
/// Costs  a cell: one copy, before its first change or in passing. Of random cells of 64 bytes almost all are copied by those who
///        change them, which is why cells are copied and not pages: with those the first milliseconds would copy everything.
class image {
 public:
  image() = default;
  image(const image&) = delete;
  image& operator=(const image&) = delete;
  ~image() { forget(); }

  /// From now on it is the image of these cells. They are changed by keep() only until it is whole.
  void begin(const void* cells, std::size_t size_of_cell, std::size_t count) {
    const std::size_t bytes = size_of_cell * count;
    if (bytes != bytes_) {
      forget();
      copy_ = static_cast<std::byte*>(::operator new(bytes + (count + 7) / 8 * 8, std::nothrow));
      LEVADA_CHECK(copy_ != nullptr, bytes);
      bytes_ = bytes;
    }
    live_ = static_cast<const std::byte*>(cells);
    cell_ = size_of_cell;
    count_ = count;
    at_ = 0;
    std::memset(marks(), 0, (count + 7) / 8);
  }

  /// Before cell i changes.
  LEVADA_COLD void keep(std::size_t i) {
    if (is_kept(i)) return;
    std::memcpy(copy_ + i * cell_, live_ + i * cell_, cell_);
    marks()[i / 8] |= static_cast<std::uint8_t>(1u << i % 8);
  }

  /// Copies about `bytes` more, which are taken off; true when the image is whole.
  bool step(std::size_t& bytes) {
    while (at_ < count_ && bytes > 0) {
      if (!is_kept(at_)) {
        std::memcpy(copy_ + at_ * cell_, live_ + at_ * cell_, cell_);
        marks()[at_ / 8] |= static_cast<std::uint8_t>(1u << at_ % 8);  // what is copied may change without another copy
        bytes -= bytes < cell_ ? bytes : cell_;
      } else {
        bytes -= bytes < 8 ? bytes : 8;  // a look costs as well
      }
      ++at_;
    }
    return at_ == count_;
  }

  /// Whole, after step() has said so.
  [[nodiscard]] std::span<const std::byte> bytes() const { return {copy_, bytes_}; }

 private:
  [[nodiscard]] std::uint8_t* marks() const { return reinterpret_cast<std::uint8_t*>(copy_ + bytes_); }
  [[nodiscard]] bool is_kept(std::size_t i) const { return (marks()[i / 8] >> i % 8 & 1u) != 0; }
  void forget() { ::operator delete(std::exchange(copy_, nullptr)); }

  const std::byte* live_ = nullptr;
  std::byte* copy_ = nullptr;  // and the marks behind it
  std::size_t bytes_ = 0;
  std::size_t cell_ = 0;
  std::size_t count_ = 0;
  std::size_t at_ = 0;  // what is before it is copied
};

}  // namespace levada::inline v0
