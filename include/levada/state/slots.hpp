// SPDX-License-Identifier: BSL-1.0
// slots: an array with one value a key, indexed by the slot that key_by found. Made when the flow starts; never grows.
#pragma once

#include <levada/core/config.hpp>
#include <levada/state/image.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Holds  `size` values of T on the heap, from the call of resize on; nothing before.
/// Fails  by ending the process when memory is out: it is asked for once, before the first event.
/// Costs  one indexed load, and a test that is foreseen. While a checkpoint takes an image of it, a cell is copied before its
/// first
///        change: reach cells by [], also for a look that may become a change.
template <class T>
class slots {
 public:
  slots() = default;
  slots(const slots& other)
    requires std::is_copy_assignable_v<T>
  {
    if (other.size_ == 0) return;
    resize(other.size_);
    for (std::size_t i = 0; i < size_; ++i) values_[i] = other.values_[i];
  }
  slots(slots&& other) noexcept : values_(std::exchange(other.values_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  slots& operator=(slots&& other) noexcept {
    std::swap(values_, other.values_);
    std::swap(size_, other.size_);
    std::swap(image_, other.image_);
    return *this;
  }
  ~slots() { delete[] values_; }

  /// Forgets what was there and makes `size` values, each like T{}.
  void resize(std::size_t size) {
    delete[] std::exchange(values_, nullptr);
    size_ = 0;
    image_ = nullptr;  // of what is no more
    values_ = new (std::nothrow) T[size]{};
    LEVADA_CHECK(values_ != nullptr, size);
    size_ = size;
  }

  /// Makes one of them like T{} again, in place: a large T would not fit on the stack.
  void reset(std::size_t slot) {
    if (image_ != nullptr) [[unlikely]]
      image_->keep(slot);
    values_[slot].~T();
    ::new (static_cast<void*>(values_ + slot)) T{};
  }

  /// The array for the time of a span: where it lies, and whether an image is being taken, does not change.
  class in_span {
   public:
    [[nodiscard]] LEVADA_INLINE T& operator[](std::size_t slot) const {
      if (image_ != nullptr) [[unlikely]]
        image_->keep(slot);
      return values_[slot];
    }
    [[nodiscard]] LEVADA_INLINE const T& look(std::size_t slot) const { return values_[slot]; }

   private:
    friend slots;
    in_span(T* values, image* i) : values_(values), image_(i) {}
    T* values_;
    image* image_;
  };
  [[nodiscard]] LEVADA_INLINE in_span enter() { return {values_, image_}; }

  [[nodiscard]] LEVADA_INLINE T& operator[](std::size_t slot) { return enter()[slot]; }
  [[nodiscard]] LEVADA_INLINE const T& operator[](std::size_t slot) const { return values_[slot]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T* begin() { return values_; }
  [[nodiscard]] T* end() { return values_ + size_; }
  /// From now on, and until it is called with nullptr, a cell is kept in the image before it changes.
  void keep_in(image* i) { image_ = i; }
  [[nodiscard]] bool is_being_kept() const { return image_ != nullptr; }
  [[nodiscard]] const T* begin() const { return values_; }
  [[nodiscard]] const T* end() const { return values_ + size_; }

 private:
  T* values_ = nullptr;
  std::size_t size_ = 0;
  image* image_ = nullptr;
};

}  // namespace levada::inline v0
