// SPDX-License-Identifier: BSL-1.0
// scratch_bus: a bus of a test's own, in a folder that goes with it.
#pragma once

#include <levada/bus/topic.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

class scratch_bus {
 public:
  scratch_bus() {
    const auto memory =
        std::filesystem::exists("/dev/shm") ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string pattern = (memory / "levada-test-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~scratch_bus() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  scratch_bus(const scratch_bus&) = delete;
  scratch_bus& operator=(const scratch_bus&) = delete;

  [[nodiscard]] levada::bus bus() const { return levada::bus::in(folder_.string(), "bus"); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};
