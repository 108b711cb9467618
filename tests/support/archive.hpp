// SPDX-License-Identifier: BSL-1.0
// archive: carries what an operator keeps over a restart into another one, by bytes, as a checkpoint does.
#pragma once

#include <levada/state/slots.hpp>

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

namespace support {

struct archive {
  std::vector<std::byte> bytes{};
  std::size_t at = 0;
  bool loads = false;

  template <class... Members>
  void operator()(Members&... members) {
    (one(members), ...);
  }

 private:
  template <class T>
  void one(T& member) {
    if constexpr (requires { member.persist(*this); }) {
      member.persist(*this);
    } else if constexpr (std::is_trivially_copyable_v<T>) {
      move(&member, sizeof member);
    } else {
      std::size_t size = member.size();
      move(&size, sizeof size);
      if (loads && size != member.size()) member.resize(size);
      using value = std::remove_cvref_t<decltype(*member.begin())>;
      static_assert(std::is_trivially_copyable_v<value>);
      if (size > 0) move(member.begin(), size * sizeof(value));
    }
  }
  void move(void* member, std::size_t size) {
    if (loads) {
      std::memcpy(member, bytes.data() + at, size);
      at += size;
    } else {
      const auto* from = static_cast<const std::byte*>(member);
      bytes.insert(bytes.end(), from, from + size);
    }
  }
};

/// Both are of the same kind, and have heard `start`.
template <class Operator>
void carry_over(Operator& from, Operator& to) {
  archive a;
  from.persist(a);
  a.loads = true;
  to.persist(a);
  if constexpr (requires { to.restored(); }) to.restored();
}

}  // namespace support
