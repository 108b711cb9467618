// SPDX-License-Identifier: BSL-1.0
// folder: the few things done to names in a file system: make, list, look, rename, remove.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>

#include <cerrno>
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

/// Makes a folder and those above it. One that is there already is fine.
inline result<> make_folders(const text<256>& path, unsigned mode = 0700) {
  text<256> part = path;
  bool refused = false;  // the last one: those above it may be there, and not ours
  for (std::size_t i = 1; i < path.view().size() + 1; ++i) {
    if (path.bytes[i] != '/' && path.bytes[i] != '\0') continue;
    part.bytes[i] = '\0';
    const int error = ::mkdir(part.c_str(), mode) != 0 ? errno : 0;
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

/// Is it a folder of this user's, in which nobody else may write? Anyone may make names in /dev/shm.
inline result<> is_own_folder(const text<256>& path) {
  struct stat s{};
  if (::lstat(path.c_str(), &s) != 0) return os_fault("look at", path.view(), errno);
  if (!S_ISDIR(s.st_mode) || s.st_uid != user_id() || (s.st_mode & 0022) != 0)
    return fault::of(failure::permission, "'", path, "' is not a folder that only user ", user_id(),
                     " can write: remove it, or name another one in LEVADA_DIR");
  return {};
}

[[nodiscard]] inline bool exists(const text<256>& path) { return ::access(path.c_str(), F_OK) == 0; }

/// Does the path still name the file that is open?
[[nodiscard]] inline bool names(const text<256>& path, const file& open) {
  struct stat here{}, there{};
  return ::stat(path.c_str(), &here) == 0 && ::fstat(open.fd(), &there) == 0 && here.st_ino == there.st_ino &&
         here.st_dev == there.st_dev;
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
