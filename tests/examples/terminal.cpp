// SPDX-License-Identifier: BSL-1.0
// terminal PROGRAM PATTERN: runs a program that goes on until it is told to stop, on a terminal, where each line appears when it
// is printed. After the first line it gets SIGTERM; it must print its last line and end with 0, and all lines must match.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// Up to the end of the line, or of what the program had to say.
std::string read_line(int terminal) {
  std::string line;
  for (char c = 0; c != '\n' && ::read(terminal, &c, 1) == 1;)
    if (c != '\r' && c != '\n') line += c;
  return line;
}

int fail(const char* what, const std::string& found) {
  std::fprintf(stderr, "%s: '%s'\n", what, found.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("PROGRAM PATTERN, and not this many arguments", std::to_string(argc - 1));
  const std::regex expected(argv[2]);
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) return std::perror("a terminal"), 1;
  const int other_end = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  if (other_end < 0) return std::perror(::ptsname(terminal)), 1;

  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(other_end, STDOUT_FILENO);
    ::execl(argv[1], argv[1], nullptr);
    ::_exit(127);
  }
  ::close(other_end);
  const std::string first = read_line(terminal);
  ::kill(child, SIGTERM);
  const std::string second = read_line(terminal);
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return std::perror(argv[1]), 1;

  if (!std::regex_match(first, expected)) return fail("the first line is another one", first);
  if (!std::regex_match(second, expected)) return fail("the line after SIGTERM is another one", second);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail("it did not end with 0 but so", std::to_string(status));
  return 0;
}
