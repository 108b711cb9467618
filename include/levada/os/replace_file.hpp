// SPDX-License-Identifier: BSL-1.0
// replace_file: new bytes under a name that always has a whole file, the old one or the new one, whatever happens meanwhile.
#pragma once

#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/lock.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string_view>

#include <unistd.h>

namespace levada::inline v0 {

/// Writes beside the name (".new"), waits for the device, renames, and waits for the folder as well.
/// Fails  with the sentence of the call that was refused: the file that was there is still there. Of two at once one fails:
///        a lock keeps it from writing into what the other is about to rename. Where the name is a link, the link is replaced.
/// Costs  two syncs: it blocks.
inline result<> replace_file(const text<256>& path, std::span<const std::byte> bytes) {
  const auto beside = compose<256>(path, ".new");
  if (beside.view().size() != path.view().size() + 4)
    return fault::of(failure::usage, "cannot write '", path, "': the name is too long");
  auto made = file::open(beside.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW);
  if (!made) return made.error();
  if (!try_lock(made->fd()) || !names(beside, *made))
    return fault::of(failure::unavailable, "cannot write '", beside, "': somebody else is writing it");
  result<> done;
  if (::ftruncate(made->fd(), 0) != 0) done = made->refused("empty", errno);  // of one who was stopped in the middle
  if (done) done = made->write_all({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (done) done = made->sync();
  if (done) done = rename_file(beside, path);
  if (!done) {
    [[maybe_unused]] const auto removed = remove_file(beside);
    return done;
  }
  const std::size_t slash = path.view().rfind('/');
  const text<256> folder = slash == std::string_view::npos ? "." : slash == 0 ? "/" : path.view().substr(0, slash);
  auto in = file::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  return in ? in->sync() : in.error();
}

}  // namespace levada::inline v0
