// SPDX-License-Identifier: BSL-1.0
// io: reads and writes of files that nobody has to wait for. A request belongs to whoever made it, and so does its memory; a
// queue is the way to the loop that carries it out. There are no callbacks: the owner asks whether it is done.
#pragma once

#include <levada/core/config.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <unistd.h>

namespace levada::inline v0 {

class io_request;

enum class io_kind : std::uint8_t { read, write, sync };

/// The offset of files that are read or written on from where they stand: pipes, terminals, files opened to be appended to.
inline constexpr std::uint64_t at_position = UINT64_MAX;

/// The way from a source or sink to the loop that its runner waits with; a plain value that owns nothing.
/// One that leads to no loop carries requests out at once, so that a flow also works where no runner drives it.
class io_queue {
 public:
  io_queue() = default;
  /// The loop must stay where it is as long as requests come this way.
  template <class Loop>
  explicit io_queue(Loop& loop) : loop_(&loop), asynchronous_(loop.asynchronous()), call_(&call<Loop>) {}

  /// Does a request take its time while the flow goes on? If not, reading ahead gains nothing.
  [[nodiscard]] bool asynchronous() const { return asynchronous_; }

 private:
  friend class io_request;
  enum class verb : std::uint8_t { submit, peek, finish, cancel };

  template <class Loop>
  static void call(void* loop, verb what, io_request& request) {
    Loop& l = *static_cast<Loop*>(loop);
    switch (what) {
      case verb::submit: return l.submit(request);
      case verb::peek: return l.peek(request);
      case verb::finish: return l.finish(request);
      case verb::cancel: return l.cancel(request);
    }
  }
  static void at_once(void*, verb what, io_request& request);

  void* loop_ = nullptr;
  bool asynchronous_ = false;
  void (*call_)(void*, verb, io_request&) = &at_once;
};

/// One read or write at a time, again and again.
/// Takes  memory that stays where it is, and untouched, until the request is done.
/// Fails  in result(): the bytes that were moved, fewer than asked for as with read(2) and write(2), or -errno.
/// Its end cancels what is in flight, and waits until the kernel has let go of the memory; so it is declared behind it.
class io_request {
 public:
  io_request() = default;
  io_request(io_request&& other) noexcept { LEVADA_CHECK(!other.in_flight_, other.fd_); }
  io_request& operator=(io_request&& other) noexcept {
    LEVADA_CHECK(!in_flight_ && !other.in_flight_, fd_);
    return *this;
  }
  ~io_request() { cancel(); }

  void read(const io_queue& queue, int fd, std::span<char> room, std::uint64_t offset = at_position) {
    start(queue, io_kind::read, fd, room, offset);
  }
  void write(const io_queue& queue, int fd, std::span<const char> bytes, std::uint64_t offset = at_position) {
    start(queue, io_kind::write, fd, {const_cast<char*>(bytes.data()), bytes.size()}, offset);
  }
  /// What was written is on the disk.
  void sync(const io_queue& queue, int fd) { start(queue, io_kind::sync, fd, {}, 0); }

  /// Costs  a load while it is in flight.
  [[nodiscard]] bool done() {
    if (in_flight_) queue_.call_(queue_.loop_, io_queue::verb::peek, *this);
    return !in_flight_;
  }
  void finish() {
    if (in_flight_) queue_.call_(queue_.loop_, io_queue::verb::finish, *this);
  }
  /// It may have been carried out nevertheless; then result() says so.
  void cancel() {
    if (in_flight_) queue_.call_(queue_.loop_, io_queue::verb::cancel, *this);
  }
  /// Of a request that is done.
  [[nodiscard]] std::int64_t result() const { return result_; }

  // for loops
  [[nodiscard]] bool in_flight() const { return in_flight_; }
  [[nodiscard]] io_kind kind() const { return kind_; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::span<char> memory() const { return memory_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  void complete(std::int64_t result) {
    result_ = result;
    in_flight_ = false;
  }
  /// Carries it out here and now.
  void perform() {
    std::int64_t n = 0;
    do n = attempt();
    while (n < 0 && errno == EINTR);
    complete(n < 0 ? -std::int64_t{errno} : n);
  }

 private:
  void start(const io_queue& queue, io_kind kind, int fd, std::span<char> memory, std::uint64_t offset) {
    LEVADA_CHECK(!in_flight_, fd);
    queue_ = queue;
    kind_ = kind;
    fd_ = fd;
    memory_ = memory;
    offset_ = offset;
    in_flight_ = true;
    queue_.call_(queue_.loop_, io_queue::verb::submit, *this);
  }
  std::int64_t attempt() const {
    const auto offset = static_cast<off_t>(offset_);
    switch (kind_) {
      case io_kind::read:
        return offset_ == at_position ? ::read(fd_, memory_.data(), memory_.size())
                                      : ::pread(fd_, memory_.data(), memory_.size(), offset);
      case io_kind::write:
        return offset_ == at_position ? ::write(fd_, memory_.data(), memory_.size())
                                      : ::pwrite(fd_, memory_.data(), memory_.size(), offset);
      case io_kind::sync: break;
    }
    return ::fdatasync(fd_);
  }

  io_queue queue_;
  std::span<char> memory_;
  std::uint64_t offset_ = 0;
  std::int64_t result_ = 0;
  int fd_ = -1;
  io_kind kind_ = io_kind::read;
  bool in_flight_ = false;
};

inline void io_queue::at_once(void*, verb what, io_request& request) {
  if (what == verb::submit) request.perform();
}

}  // namespace levada::inline v0
