// SPDX-License-Identifier: BSL-1.0
// result: a value, or a sentence that says what went wrong, where, and what to do. For setup and I/O; the data path
// has counters instead.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/text.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace levada::inline v0 {

/// Kinds of trouble. The values are those of BSD's sysexits, so that a daemon can end with them.
enum class failure : std::uint8_t {
  usage = 64,        ///< the caller asked for something that does not exist
  data = 65,         ///< the input, or the other side's schema, is not what it should be
  unreadable = 66,   ///< a file that should be read is not there or cannot be opened
  unavailable = 69,  ///< the partner is not there, or the place is taken
  internal = 70,     ///< a bug, or an operator that threw
  no_space = 73,     ///< memory, disk or shared memory is full
  io = 74,           ///< a device said no
  permission = 77,   ///< this user may not
};

struct [[nodiscard]] fault {
  failure kind = failure::internal;
  text<376> sentence{};

  template <class... Part>
  static constexpr fault of(failure kind, const Part&... part) {
    return {kind, compose<376>(part...)};
  }
  [[nodiscard]] constexpr int exit_code() const { return static_cast<int>(kind); }
};

/// Either a T or a fault. Looking at the wrong one stops the program with the sentence.
template <class T = void>
class [[nodiscard]] result {
 public:
  constexpr result(T value) : ok_(true) { ::new (static_cast<void*>(&value_)) T(std::move(value)); }  // NOLINT: implicit
  constexpr result(fault e) : error_(e), ok_(false) {}                                                // NOLINT: implicit
  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : error_(other.error_), ok_(other.ok_) {
    if (ok_) ::new (static_cast<void*>(&value_)) T(std::move(other.value_));
  }
  result(const result&) = delete;
  result& operator=(const result&) = delete;
  ~result() {
    if (ok_) value_.~T();
  }

  [[nodiscard]] constexpr explicit operator bool() const { return ok_; }
  [[nodiscard]] T& operator*() & { return need(), value_; }
  [[nodiscard]] const T& operator*() const& { return need(), value_; }
  [[nodiscard]] T&& operator*() && { return need(), std::move(value_); }
  [[nodiscard]] T* operator->() { return need(), &value_; }
  [[nodiscard]] const T* operator->() const { return need(), &value_; }
  [[nodiscard]] const fault& error() const {
    LEVADA_CHECK(!ok_, ok_);
    return error_;
  }

 private:
  void need() const {
    if (!ok_) [[unlikely]] {
      std::fprintf(stderr, "levada: a result without a value was used: %s\n", error_.sentence.c_str());
      std::abort();
    }
  }
  union {
    T value_;
  };
  fault error_{};
  bool ok_;
};

template <>
class [[nodiscard]] result<void> {
 public:
  constexpr result() = default;
  constexpr result(fault e) : error_(e), ok_(false) {}  // NOLINT: implicit

  [[nodiscard]] constexpr explicit operator bool() const { return ok_; }
  [[nodiscard]] const fault& error() const {
    LEVADA_CHECK(!ok_, ok_);
    return error_;
  }

 private:
  fault error_{};
  bool ok_ = true;
};

}  // namespace levada::inline v0
