// SPDX-License-Identifier: BSL-1.0
// model_bytes: the bytes of a model's file, of 256 MiB at most.
#pragma once

#include <levada/core/result.hpp>
#include <levada/os/file.hpp>

#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace levada::inline v0::detail {

inline result<std::vector<char>> read_model_bytes(const char* path) {
  constexpr std::uint64_t most = std::uint64_t{256} << 20;
  auto from = file::open(path, O_RDONLY);
  if (!from) return from.error();
  const auto size = from->size();
  if (!size) return size.error();
  if (*size > most) return fault::of(failure::data, "model '", path, "' has ", *size, " bytes; ", most, " are the most");
  std::vector<char> bytes(*size);
  std::size_t n = 0;
  while (n < bytes.size()) {
    const auto more = from->read(std::span(bytes).subspan(n));
    if (!more) return more.error();
    if (*more == 0) break;
    n += *more;
  }
  bytes.resize(n);
  return bytes;
}

}  // namespace levada::inline v0::detail
