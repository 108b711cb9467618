// SPDX-License-Identifier: BSL-1.0
#include <levada/core/config.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace {

/// What a child process says before it stops itself.
template <class F>
std::string last_words(F&& f) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::fflush(nullptr);
  auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // doctest's handler would report a failed test
    ::dup2(ends[1], 2);
    f();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[256];
  for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) said.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
  return said;
}

}  // namespace

TEST_CASE("a promise that holds costs nothing and says nothing") {
  int evaluated = 0;
  LEVADA_CHECK(++evaluated == 1, evaluated);
  CHECK(evaluated == 1);
}

TEST_CASE("a promise that does not hold stops the program with file, line and value") {
  int index = 7;
  std::string said = last_words([&] { LEVADA_CHECK(index < 5, index); });
  CHECK(said.find("config.test.cpp:") != std::string::npos);
  CHECK(said.find("'index < 5' does not hold: index is 7") != std::string::npos);
}

TEST_CASE("it is an expression, so that it can stand before a comma") {
  auto third = [](int i) { return LEVADA_CHECK(i == 3, i), i; };
  CHECK(third(3) == 3);
}

TEST_CASE("the version is known to the preprocessor") {
#if LEVADA_VERSION_MAJOR == 0 && LEVADA_VERSION_MINOR >= 1
  CHECK(true);
#else
  CHECK(false);
#endif
}
