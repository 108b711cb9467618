// SPDX-License-Identifier: BSL-1.0
// archive: carries what an operator's persist() names into another one, by bytes: a restart without files.
#pragma once

#include <levada/state/slots.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

namespace support {

class archive {
 public:
  template <class Operator>
  explicit archive(Operator& from) {
    from.persist(*this);
  }
  /// Into another one of the same kind, which has heard the same `start`.
  template <class Operator>
  void load_into(Operator& to) {
    loads_ = true;
    at_ = 0;
    to.persist(*this);
    REQUIRE(at_ == bytes_.size());
    if constexpr (requires { to.restored(); }) to.restored();
  }

  template <class... Members>
  void operator()(Members&... members) {
    (one(members), ...);
  }

 private:
  template <class T>
  void one(levada::slots<T>& cells) {
    for (T& cell : cells) move(cell);
  }
  template <class T>
  void one(T& member) {
    if constexpr (requires { member.persist(*this); })
      member.persist(*this);
    else
      move(member);
  }
  template <class T>
  void move(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (loads_) {
      REQUIRE(at_ + sizeof value <= bytes_.size());
      std::memcpy(static_cast<void*>(&value), bytes_.data() + at_, sizeof value);
    } else {
      bytes_.resize(at_ + sizeof value);
      std::memcpy(bytes_.data() + at_, &value, sizeof value);
    }
    at_ += sizeof value;
  }

  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
  bool loads_ = false;
};

template <class Operator>
void carry_over(Operator& from, Operator& to) {
  archive(from).load_into(to);
}

}  // namespace support
