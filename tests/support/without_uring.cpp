// SPDX-License-Identifier: BSL-1.0
// without_uring PROGRAM [ARGUMENT...]: runs it where io_uring is blocked, as in most containers.
#include "block_uring.hpp"

#include <cstdio>

#include <unistd.h>

int main(int count, char** words) {
  if (count < 2) return std::fputs("without_uring PROGRAM [ARGUMENT...]\n", stderr), 64;
  if (!support::block_uring()) return std::perror("without_uring: cannot install the filter"), 77;
  ::execvp(words[1], words + 1);
  return std::perror(words[1]), 66;
}
