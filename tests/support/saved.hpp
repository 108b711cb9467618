// SPDX-License-Identifier: BSL-1.0
// saved: what an operator's persist names, as bytes, and into an operator again: a restart without files.
#pragma once

#include <levada/state/slots.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <vector>

namespace support {

class saved {
 public:
  template <class Op>
  explicit saved(Op& op) {
    op.persist(*this);
  }
  /// Into another one, which has heard the same start.
  template <class Op>
  void load_into(Op& op) {
    is_loading_ = true;
    at_ = 0;
    op.persist(*this);
    if constexpr (requires { op.restored(); }) op.restored();
    REQUIRE(at_ == bytes_.size());
  }

  template <class... Parts>
  void operator()(Parts&... parts) {
    (one(parts), ...);
  }

 private:
  template <class T>
  void one(levada::slots<T>& s) {
    for (T& cell : s) move(&cell, sizeof cell);
  }
  template <class T>
  void one(T& value) {
    if constexpr (requires { value.persist(*this); }) {
      value.persist(*this);
    } else {
      static_assert(std::is_trivially_copyable_v<T>);
      move(&value, sizeof value);
    }
  }
  void move(void* value, std::size_t size) {
    if (is_loading_) {
      REQUIRE(at_ + size <= bytes_.size());
      std::memcpy(value, bytes_.data() + at_, size);
    } else {
      bytes_.resize(at_ + size);
      std::memcpy(bytes_.data() + at_, value, size);
    }
    at_ += size;
  }

  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
  bool is_loading_ = false;
};

}  // namespace support
