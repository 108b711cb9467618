// SPDX-License-Identifier: BSL-1.0
// disturbance: what --disturb does: a process that burns all processors from half time on, and never for long.
#pragma once

#include "options.hpp"

#include <levada/os/process.hpp>

namespace box {

/// Holds  the burner's process, once it was started; ends it when it goes.
class disturbance {
 public:
  explicit disturbance(const options& o) : options_(o) {}
  ~disturbance();
  disturbance(const disturbance&) = delete;
  disturbance& operator=(const disturbance&) = delete;

  /// Starts the burner when half of the time is over.
  levada::result<> look(double seconds);

 private:
  const options& options_;
  levada::child burner_;
  bool started_ = false;
};

}  // namespace box
