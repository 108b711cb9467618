// SPDX-License-Identifier: BSL-1.0
// growing: an array that grows, for what is prepared beside a flow and not in it.
#pragma once

#include <levada/core/config.hpp>
#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace levada::inline v0::detail {

/// Holds  up to twice as many T as it has.
template <class T>
class growing {
 public:
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::size_t i) { return room_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return room_[i]; }
  [[nodiscard]] T* begin() { return room_.begin(); }
  [[nodiscard]] T* end() { return room_.begin() + size_; }
  [[nodiscard]] const T* begin() const { return room_.begin(); }
  [[nodiscard]] const T* end() const { return room_.begin() + size_; }
  [[nodiscard]] std::span<const T> from(std::size_t first, std::size_t count) const { return {begin() + first, count}; }
  void shrink(std::uint32_t size) { size_ = size; }

  void add(const T& one) {
    if (size_ == room_.size()) {
      const T kept = one;  // it may be one of our own
      slots<T> larger;
      larger.resize(size_ < 8 ? 16 : std::size_t{2} * size_);
      for (std::uint32_t i = 0; i < size_; ++i) larger[i] = room_[i];
      room_ = static_cast<slots<T>&&>(larger);
      room_[size_++] = kept;
    } else {
      room_[size_++] = one;
    }
  }

 private:
  slots<T> room_;
  std::uint32_t size_ = 0;
};

/// In rising order, by heapsort (Williams, Floyd 1964): no memory, and no bad case.
inline void sort_rising(growing<std::uint64_t>& values) {
  const auto sink = [&](std::size_t at, std::size_t end) {
    const std::uint64_t v = values[at];
    for (std::size_t child = 0; (child = 2 * at + 1) < end; at = child) {
      if (child + 1 < end && values[child] < values[child + 1]) ++child;
      if (values[child] <= v) break;
      values[at] = values[child];
    }
    values[at] = v;
  };
  for (std::size_t i = values.size() / 2; i-- > 0;) sink(i, values.size());
  for (std::size_t end = values.size(); end-- > 1;) {
    const std::uint64_t last = values[end];
    values[end] = values[0];
    values[0] = last;
    sink(0, end);
  }
}

}  // namespace levada::inline v0::detail
