// SPDX-License-Identifier: BSL-1.0
// block_uring: what the sandboxes of container engines do: io_uring answers EPERM to this process and its children, for good.
#pragma once

#include <cerrno>
#include <cstddef>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace support {

inline bool block_uring() {
  constexpr unsigned refuse = SECCOMP_RET_ERRNO | EPERM;
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JGE | BPF_K, 0, 2, SYS_io_uring_setup},  // setup, enter and register follow each other
      {BPF_JMP | BPF_JGT | BPF_K, 1, 0, SYS_io_uring_register},
      {BPF_RET | BPF_K, 0, 0, refuse},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog filter{sizeof program / sizeof *program, program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace support
