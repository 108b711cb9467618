// SPDX-License-Identifier: BSL-1.0
// group: whose files are: one user's alone, or the members' of a group as well.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
#include <levada/os/mapping.hpp>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string_view>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace levada::inline v0 {

/// Who may read and write what is made.
struct owners {
  static constexpr std::uint32_t no_group = UINT32_MAX;
  std::uint32_t group = no_group;

  [[nodiscard]] bool is_group() const { return group != no_group; }
  [[nodiscard]] unsigned file_mode() const { return is_group() ? 0660 : 0600; }
  [[nodiscard]] unsigned folder_mode() const { return is_group() ? 0770 : 0700; }

  /// Gives a file or a folder that this process has just made to the group, whatever its umask says.
  /// Fails  permission: this process is no member of the group.
  [[nodiscard]] result<> take(const file& made, unsigned mode) const {
    if (!is_group()) return {};  // it was made so
    if (::fchown(made.fd(), static_cast<uid_t>(-1), group) != 0)
      return made.refused(compose<48>("give to group ", group).view(), errno);
    if (::fchmod(made.fd(), mode) != 0) return made.refused("set the mode of", errno);
    return {};
  }
};

/// Takes  a name or a number.
/// Fails  usage: there is no such group.
inline result<owners> group_of(std::string_view name) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size() && number != owners::no_group) return owners{number};
  constexpr std::size_t most = std::size_t{1} << 20;  // the names of the members must fit
  auto room = mapping::memory(most);
  if (!room) return room.error();
  const text<64> terminated = name;
  struct group entry{}, *found = nullptr;
  const int failed = ::getgrnam_r(terminated.c_str(), &entry, reinterpret_cast<char*>(room->base()), most, &found);
  if (found == nullptr || terminated.view() != name)
    return fault::of(failure::usage, "there is no group '", name, "'", failed != 0 ? " that could be found" : "",
                     ": name one that /etc/group has, or its number");
  return owners{entry.gr_gid};
}

}  // namespace levada::inline v0
