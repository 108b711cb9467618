// SPDX-License-Identifier: BSL-1.0
// optional_array: a number of things that is known when they are made, each made when it is needed. One partition of a topic
// takes a few KiB of descriptors and addresses, which is too much for 64 of them on a stack.
#pragma once

#include <levada/core/config.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace levada::inline v0::detail {

template <class T>
class optional_array {
 public:
  optional_array() = default;
  explicit optional_array(std::size_t size) : things_(new std::optional<T>[size]), size_(size) {}
  optional_array(optional_array&& other) noexcept
      : things_(std::exchange(other.things_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  optional_array& operator=(optional_array&& other) noexcept {
    std::swap(things_, other.things_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~optional_array() { delete[] things_; }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] LEVADA_INLINE std::optional<T>& operator[](std::size_t i) {
    LEVADA_CHECK(i < size_, i);
    return things_[i];
  }
  [[nodiscard]] LEVADA_INLINE const std::optional<T>& operator[](std::size_t i) const {
    LEVADA_CHECK(i < size_, i);
    return things_[i];
  }

 private:
  std::optional<T>* things_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace levada::inline v0::detail
