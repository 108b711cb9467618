// SPDX-License-Identifier: BSL-1.0
// program: the box as a black box: a process with its output in pipes. Every wait is for a line, an end or a condition, and
// every wait has a deadline.
#pragma once

#include <levada/core/result.hpp>
#include <levada/os/process.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

namespace support {

inline constexpr std::chrono::seconds patience{60};  // with sanitizers on a loaded machine

/// True as soon as `condition()` is, false when patience is over.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

/// A folder of a test's own, for its files and its buses; LEVADA_DIR and the working directory are in it while it lives.
class scratch {
 public:
  scratch() : before_(std::filesystem::current_path()) {
    std::string pattern = std::filesystem::exists("/dev/shm") ? "/dev/shm/levada-box-XXXXXX" : "/tmp/levada-box-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(folder_ / "bus");
    ::setenv("LEVADA_DIR", (folder_ / "bus").c_str(), 1);
    std::filesystem::current_path(folder_);
  }
  ~scratch() {
    std::error_code ignored;
    std::filesystem::current_path(before_, ignored);
    std::filesystem::remove_all(folder_, ignored);
    ::unsetenv("LEVADA_DIR");
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path before_, folder_;
};

inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}
inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) lines.push_back(line);
  return lines;
}
inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A program that runs. One that is left running is killed with its test.
class program {
 public:
  enum class output { pipe, terminal };
  explicit program(const std::vector<std::string>& arguments, output kind = output::pipe) {
    std::vector<char*> argv;
    for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    if (kind == output::terminal) {
      out[0] = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
      REQUIRE(::grantpt(out[0]) == 0);
      REQUIRE(::unlockpt(out[0]) == 0);
      out[1] = ::open(::ptsname(out[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
      REQUIRE(out[1] >= 0);
    } else {
      REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
    }
    REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    const int failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    ::close(err[1]);
    out_.fd = out[0];
    err_.fd = err[0];
    REQUIRE(failed == 0);
    child_ = levada::child(pid_);
  }
  ~program() {
    if (!child_.try_wait().ended) {
      child_.kill(SIGKILL);
      child_.wait();
    }
    ::close(out_.fd);
    ::close(err_.fd);
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  void kill(int signal) { child_.kill(signal); }

  /// Waits for its end, and reads all that it said. Its code, or 128 and the signal.
  int end() {
    CHECK_MESSAGE(eventually([this] { return listen(), child_.try_wait().ended; }), "it does not end: ", err_.text);
    if (!child_.try_wait().ended) kill(SIGKILL);
    const int code = child_.wait().code;
    listen();
    return code;
  }
  /// Waits until it has said this on standard output or error.
  bool says(const std::string& words) {
    const bool said = eventually([&] { return listen(), contains(out_.text, words) || contains(err_.text, words); });
    if (!said) MESSAGE("it does not say '", words, "' but: ", out_.text, err_.text);
    return said;
  }
  [[nodiscard]] const std::string& out() { return listen(), out_.text; }
  [[nodiscard]] const std::string& err() { return listen(), err_.text; }

 private:
  struct stream {
    int fd = -1;
    std::string text{};
    void listen() {
      char bytes[4096];
      for (pollfd p{fd, POLLIN, 0}; ::poll(&p, 1, 0) == 1;) {
        const auto n = ::read(fd, bytes, sizeof bytes);
        if (n <= 0) return;
        text.append(bytes, static_cast<std::size_t>(n));
      }
    }
  };
  void listen() {
    out_.listen();
    err_.listen();
  }

  pid_t pid_ = -1;
  levada::child child_;
  stream out_, err_;
};

}  // namespace support
