// SPDX-License-Identifier: BSL-1.0
// pool: names a set of equal blocks in shared memory, for payloads that are too large for a ring: images, blocks of sound. The
// payload is written once, into a block; events carry a loan of it (bus/loan.hpp). A value that names something, as a topic is:
// nothing is opened until a lender (connect/lender.hpp), a reader or a user (connect/pool_user.hpp) is.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/topic.hpp>
#include <levada/connect/detail/pool_layout.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/lock.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace levada::inline v0 {

/// How a pool is made. One that exists keeps what it was made with.
struct pool_options {
  std::uint64_t block_bytes = std::uint64_t{1} << 20;  ///< of the largest payload, 64 MiB at most; rounded up to whole pages
  std::uint64_t blocks = 16;                           ///< 4096 at most
};

namespace detail {

inline result<> discard_pool_files(const topic_files& files) {
  result<> all;
  for (std::string_view name : {"blocks", "blocks.new", "words", "users"})
    if (auto gone = remove_file(files.file(name)); !gone) all = gone.error();
  return all;
}

/// Removes a pool that nobody uses. One that is not there is fine.
inline result<> remove_pool(const topic_files& files) {
  if (!exists(files.folder)) return {};
  auto lock = lock_topic(files, true);
  if (!lock) return lock.error();
  if (auto users = file::open(files.file("users").c_str(), O_RDWR | O_NOFOLLOW); users)
    for (std::size_t i = 0; i < most_participants; ++i)
      if (may_be_locked(users->fd(), byte_lock(i)))
        return fault::of(failure::unavailable, "pool '", files.topic, "' is in use: participant ", i, " runs");
  auto gone = discard_pool_files(files);
  return gone ? remove_lock(files) : gone;
}

}  // namespace detail

/// Names a pool on a bus; it lies in a folder beside those of the topics. Holds no resource; copy it freely.
class pool {
 public:
  pool(const bus& on, std::string_view name, pool_options options = {})
      : bus_(on), name_(name), options_(options), fits_(name.size() < sizeof name_) {}

  [[nodiscard]] std::string_view name() const { return name_.view(); }
  [[nodiscard]] const pool_options& options() const { return options_; }
  [[nodiscard]] result<detail::topic_files> files() const {
    return bus_.files_of(fits_ ? name_.view() : std::string_view(), "pool");
  }

  /// Removes the pool, and with it what loans of it stood for. Fails with failure::unavailable while it is used; what is not
  /// there is fine.
  result<> remove() const {
    auto at = files();
    return at ? detail::remove_pool(*at) : result<>(at.error());
  }

 private:
  bus bus_;
  text<96> name_;
  pool_options options_;
  bool fits_;
};

}  // namespace levada::inline v0
