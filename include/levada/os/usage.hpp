// SPDX-License-Identifier: BSL-1.0
// usage: what a process has used of the machine, as /proc tells it.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/file.hpp>
#include <levada/os/mapping.hpp>

#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>

#include <unistd.h>

namespace levada::inline v0 {

struct usage {
  duration cpu_time{};        ///< user and system, all threads, in the kernel's ticks (10 ms)
  std::uint64_t rss_kib = 0;  ///< resident memory, shared pages included
  duration start_time{};      ///< since boot; with the pid it names a process for good
};

namespace detail {
/// The whole numbers of a line, by place, from 1.
inline std::uint64_t number_at(std::string_view words, int place) {
  for (int at = 1; !words.empty(); ++at) {
    auto end = words.find(' ');
    auto cell = words.substr(0, end);
    if (at == place) {
      std::uint64_t n = 0;
      std::from_chars(cell.data(), cell.data() + cell.size(), n);
      return n;
    }
    words.remove_prefix(end == words.npos ? words.size() : end + 1);
  }
  return 0;
}
}  // namespace detail

/// Fails  with failure::unavailable when there is no such process.
inline result<usage> usage_of(int pid) {
  char buffer[1024];
  auto look = [&](const char* what) -> result<std::string_view> {
    auto f = file::open(compose<64>("/proc/", pid, "/", what).c_str(), O_RDONLY);
    if (!f) return fault::of(failure::unavailable, "there is no process ", pid);
    auto n = f->read(buffer);
    if (!n) return fault::of(failure::unavailable, "process ", pid, " has ended");  // ESRCH: it went while we looked
    return std::string_view(buffer, *n);
  };
  static const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  auto length = [](std::uint64_t n) { return duration{static_cast<std::int64_t>(n * (1'000'000'000 / ticks))}; };

  usage u;
  auto stat = look("stat");
  if (!stat) return stat.error();
  auto after_name = stat->rfind(')');  // the name may hold anything, spaces and brackets too
  if (after_name == stat->npos || after_name + 2 > stat->size())
    return fault::of(failure::io, "/proc/", pid, "/stat is not in the form that proc(5) describes");
  auto words = stat->substr(after_name + 2);  // begins with field 3 of proc(5)
  u.cpu_time = length(detail::number_at(words, 14 - 2) + detail::number_at(words, 15 - 2));
  u.start_time = length(detail::number_at(words, 22 - 2));
  auto statm = look("statm");
  if (!statm) return statm.error();
  u.rss_kib = detail::number_at(*statm, 2) * (page_size() / 1024);
  return u;
}

}  // namespace levada::inline v0
