// SPDX-License-Identifier: BSL-1.0
// child: runs a piece of a test in a process of its own, because what it does to the process cannot be taken back.
#pragma once

#include <cstdio>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace support {

struct outcome {
  int code = -1;      // of the function; 128 + signal if one ended it
  std::string error;  // what it wrote to standard error
};

/// Takes  int() without threads; called in a forked child.
template <class F>
outcome in_child(F&& function) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    const int code = function();
    std::fflush(nullptr);
    ::_exit(code);
  }
  ::close(ends[1]);
  outcome o;
  char bytes[256];
  for (ssize_t n = 0; (n = ::read(ends[0], bytes, sizeof bytes)) > 0;) o.error.append(bytes, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  o.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return o;
}

}  // namespace support
