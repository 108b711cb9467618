// SPDX-License-Identifier: BSL-1.0
// bell: as the library's, played by the machine.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/file.hpp>

#include "../../../machine.hpp"

namespace levada::inline v0 {

class bell {
 public:
  bell() = default;
  explicit bell(file&&) {}  // those of a topic without names are not played
  static result<> create(const char*, unsigned = 0600) { return {}; }
  static result<bell> open(const char* path) {
    bell b;
    b.number_ = machine::bell_of(path);
    return b;
  }

  void ring() const noexcept { machine::ring(number_); }
  void drain() const noexcept { machine::drain(number_); }
  /// A tenth of a second is long enough to be for ever.
  [[nodiscard]] bool wait(duration timeout, int = -1) const { return machine::wait({number_}, timeout < duration{100'000'000}); }

  [[nodiscard]] int fd() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

}  // namespace levada::inline v0
