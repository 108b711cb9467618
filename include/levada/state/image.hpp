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

/// Holds  a copy of the array, 4 bytes and a bit for each cell, from the first begin() on.
/// Fails  by ending the process when memory is out.
/// Costs  a cell: one copy, before its first change or in passing. Copies lie in the order in which they were made, because a
/// write to a
///        random place would miss the cache a second time. Cells and not pages: of random cells almost all pages would be copied
///        at once.
class image {
 public:
  image() = default;
  image(const image&) = delete;
  image& operator=(const image&) = delete;
  ~image() { forget(); }

  /// From now on it is the image of these cells.
  void begin(const void* cells, std::size_t size_of_cell, std::size_t count) {
    LEVADA_CHECK(count <= UINT32_MAX, count);
    if (size_of_cell != cell_ || count != count_) {
      forget();
      copies_ = static_cast<std::byte*>(::operator new(size_of_cell * count, std::nothrow));
      order_ = new (std::nothrow) std::uint32_t[count];
      marks_ = new (std::nothrow) std::uint64_t[(count + 63) / 64];
      LEVADA_CHECK(copies_ != nullptr && order_ != nullptr && marks_ != nullptr, count);
      cell_ = size_of_cell;
      count_ = count;
    }
    live_ = static_cast<const std::byte*>(cells);
    copied_ = at_ = 0;
    std::memset(marks_, 0, (count + 63) / 64 * sizeof *marks_);
  }

  /// Before cell i changes.
  [[gnu::noinline]] void keep(std::size_t i) {
    std::uint64_t& marks = marks_[i / 64];
    const std::uint64_t mark = std::uint64_t{1} << i % 64;
    if ((marks & mark) != 0) return;
    marks |= mark;
    append(i, 1);
  }

  /// Copies about `bytes` more, which are taken off; true when the image is whole.
  bool step(std::size_t& bytes) {
    while (at_ < count_ && bytes > 0) {
      const std::size_t end = count_ - at_ < 64 ? count_ : at_ + 64;
      std::uint64_t& marks = marks_[at_ / 64];
      const std::size_t before = copied_;
      if (marks == 0) {
        append(at_, end - at_);
      } else {
        for (std::size_t i = at_; i < end; ++i)
          if ((marks >> i % 64 & 1u) == 0) append(i, 1);
      }
      marks = ~std::uint64_t{0};  // what is copied may change without another copy
      at_ = end;
      const std::size_t done = (copied_ - before) * cell_ + 64;  // a look costs as well
      bytes -= bytes < done ? bytes : done;
    }
    return at_ == count_;
  }

  /// The cells, after step() has said that it is whole; the k-th is that of place order()[k].
  [[nodiscard]] const std::byte* bytes() const { return copies_; }
  [[nodiscard]] std::span<const std::uint32_t> order() const { return {order_, copied_}; }

 private:
  void append(std::size_t from, std::size_t n) {
    std::memcpy(copies_ + copied_ * cell_, live_ + from * cell_, n * cell_);
    for (std::size_t k = 0; k < n; ++k) order_[copied_ + k] = static_cast<std::uint32_t>(from + k);
    copied_ += n;
  }
  void forget() {
    ::operator delete(std::exchange(copies_, nullptr));
    delete[] std::exchange(order_, nullptr);
    delete[] std::exchange(marks_, nullptr);
  }

  const std::byte* live_ = nullptr;
  std::byte* copies_ = nullptr;
  std::uint32_t* order_ = nullptr;  // whose copies they are
  std::uint64_t* marks_ = nullptr;  // cells that are copied, a bit each
  std::size_t cell_ = 0;
  std::size_t count_ = 0;
  std::size_t copied_ = 0;
  std::size_t at_ = 0;  // what is before it is copied
};

}  // namespace levada::inline v0
