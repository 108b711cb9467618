// SPDX-License-Identifier: BSL-1.0
// folder: the few things done to names in a file system: make, list, look, rename, remove.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
#include <levada/os/group.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

namespace levada::inline v0 {

[[nodiscard]] inline unsigned user_id() { return ::geteuid(); }

/// The value of an environment variable; empty where a privileged program must not trust it.
[[nodiscard]] inline std::string_view environment(const char* name) {
  const char* value = ::secure_getenv(name);
  return value != nullptr ? std::string_view(value) : std::string_view();
}

[[nodiscard]] inline bool exists(const text<256>& path) { return ::access(path.c_str(), F_OK) == 0; }

namespace detail {

/// A folder that nobody sees before it is its group's: it gets its name then. False if it cannot be.
inline result<bool> make_folder(const text<256>& path, const owners& whose) {
  if (!whose.is_group()) return ::mkdir(path.c_str(), whose.folder_mode()) == 0;
  if (exists(path)) return true;
  auto unnamed = compose<256>(path, ".XXXXXX");
  if (::mkdtemp(unnamed.bytes) == nullptr) return false;
  const auto give = [&]() -> result<> {
    auto made = file::open(unnamed.c_str(), O_RDONLY | O_DIRECTORY);
    return made ? whose.take(*made, whose.folder_mode()) : made.error();
  };
  const auto given = give();
  const bool named = given && ::renameat2(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0;
  const int error = errno;
  if (!named) ::rmdir(unnamed.c_str());
  errno = error;
  return given ? result<bool>(named) : given.error();
}

}  // namespace detail

/// Makes a folder and those above it. One that is there already is fine.
inline result<> make_folders(const text<256>& path, const owners& whose = {}) {
  text<256> part = path;
  bool refused = false;  // the last one: those above it may be there, and not ours
  for (std::size_t i = 1; i < path.view().size() + 1; ++i) {
    if (path.bytes[i] != '/' && path.bytes[i] != '\0') continue;
    part.bytes[i] = '\0';
    auto made = detail::make_folder(part, whose);
    if (!made) return made.error();
    const int error = *made ? 0 : errno;
    refused = error == EROFS || error == EACCES;
    if (error != 0 && error != EEXIST && !refused) return os_fault("make the folder", part.view(), error);
    part.bytes[i] = path.bytes[i];
  }
  struct stat s{};
  if (::stat(path.c_str(), &s) != 0) {
    if (errno == ENOENT && !refused) return {};  // it was there, and somebody has removed it since
    return os_fault("make the folder", path.view(), errno == ENOENT ? EACCES : errno);
  }
  if (!S_ISDIR(s.st_mode)) return os_fault("make the folder", path.view(), ENOTDIR);
  return {};
}

/// f(name, is_folder) for every name in a folder but "." and "..", in no order. A link counts as a file, wherever it leads.
template <class F>
result<> for_each_name(const text<256>& path, F&& f) {
  struct listing {
    DIR* of;
    ~listing() {
      if (of != nullptr) ::closedir(of);
    }
  } const folder{::opendir(path.c_str())};
  if (folder.of == nullptr) return os_fault("list", path.view(), errno);
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.of);
    if (entry == nullptr) return errno == 0 ? result<>() : result<>(os_fault("list", path.view(), errno));
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat s{};
    if (::fstatat(::dirfd(folder.of), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) continue;  // it has just been removed
    f(name, S_ISDIR(s.st_mode));
  }
}

namespace detail {

/// "'/a' belongs to user 1 and group 2 (mode 0700)".
inline text<256 + 80> whose_is(const text<256>& path, const struct stat& s) {
  const unsigned mode = s.st_mode & 07777;
  return compose<256 + 80>("'", path, "' belongs to user ", s.st_uid, " and group ", s.st_gid, " (mode 0", mode >> 6 & 7,
                           mode >> 3 & 7, mode & 7, ")");
}

}  // namespace detail

/// Is it a folder in which nobody may write but this user, or, where it is a group's, nobody but the members? Anyone may make
/// names in /dev/shm.
inline result<> is_own_folder(const text<256>& path, const owners& whose = {}) {
  struct stat s{};
  if (::lstat(path.c_str(), &s) != 0) return os_fault("look at", path.view(), errno);
  if (!S_ISDIR(s.st_mode))
    return fault::of(failure::permission, "'", path, "' is not a folder: remove it, or name another place");
  if (whose.is_group()) {
    if (s.st_gid == whose.group && (s.st_mode & 0072) == 0070) return {};
    return fault::of(failure::permission, detail::whose_is(path, s), ", and it should be one of group ", whose.group,
                     " (mode 0770): remove it, or chgrp and chmod it");
  }
  if (s.st_uid == user_id() && (s.st_mode & 0022) == 0) return {};
  return fault::of(failure::permission, detail::whose_is(path, s), ", and nobody but user ", user_id(),
                   " should write there: remove it, name another place, or name the group");
}

/// Why this process may not use a path, or make it: who owns the last part of it that can be seen. Empty if that is no reason.
inline text<376> who_stops(const text<256>& path) {
  text<256> part = path, seen = "/";
  struct stat s{};
  for (std::size_t i = 1; i < path.view().size() + 1; ++i) {
    if (path.bytes[i] != '/' && path.bytes[i] != '\0') continue;
    part.bytes[i] = '\0';
    if (::stat(part.c_str(), &s) != 0) break;
    seen = part;
    part.bytes[i] = path.bytes[i];
  }
  if (::stat(seen.c_str(), &s) != 0) return {};
  if (::faccessat(AT_FDCWD, seen.c_str(), R_OK | W_OK | (S_ISDIR(s.st_mode) ? X_OK : 0), AT_EACCESS) == 0) return {};
  return compose<376>(detail::whose_is(seen, s), ", and this process is user ", user_id(),
                      (s.st_mode & 0020) != 0 ? ", which is no member of that group: make it one"
                                              : ": run it as that user, or name a group for the bus that has both");
}

/// Does the path still name the file that is open?
[[nodiscard]] inline bool names(const text<256>& path, const file& open) {
  struct stat here{}, there{};
  return ::stat(path.c_str(), &here) == 0 && ::fstat(open.fd(), &there) == 0 && here.st_ino == there.st_ino &&
         here.st_dev == there.st_dev;
}

/// Gives a file that was opened with O_TMPFILE its first name. Fails if somebody has it.
inline result<> name_file(const file& unnamed, const text<256>& path) {
  const auto from = compose<48>("/proc/self/fd/", unnamed.fd());
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return os_fault("make", path.view(), errno);
  return {};
}
inline result<> rename_file(const text<256>& from, const text<256>& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_fault("rename", from.view(), errno);
  return {};
}
/// Removes a file, or a folder that is empty. What is not there is fine.
inline result<> remove_file(const text<256>& path) {
  if (std::remove(path.c_str()) != 0 && errno != ENOENT) return os_fault("remove", path.view(), errno);
  return {};
}

}  // namespace levada::inline v0
