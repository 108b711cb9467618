// SPDX-License-Identifier: BSL-1.0
// uring_loop: the same wait on io_uring, where files are read and written while the flow goes on. Descriptors are watched by
// an epoll_loop, and one poll in the ring watches that: so there is no table of polls to re-arm, a descriptor that stays
// readable ends every wait, and the number of descriptors has nothing to do with that of the ring's entries.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/epoll_loop.hpp>
#include <levada/os/file.hpp>
#include <levada/os/io.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include <sys/syscall.h>
#include <unistd.h>

#if LEVADA_URING

#include <liburing.h>
#include <poll.h>
#include <sys/eventfd.h>

namespace levada::inline v0 {

/// Holds  the ring (256 entries, or as many as RLIMIT_MEMLOCK allows, at least 8), and two epoll_loops.
/// Fails  permission: io_uring is blocked here. unavailable: the kernel has none, or one before 5.19. no_space: RLIMIT_MEMLOCK.
/// Costs  two system calls a wait that ends with news, one that ends without. No CPU when idle, and no iowait where the kernel
///        can tell that an idle wait is none (6.15).
/// Used by one thread at a time, and by another only when no request is on its way: the kernel does a ring's work in the thread
/// that waits. wake() alone may come from anywhere.
class uring_loop {
 public:
  static constexpr std::string_view name = "uring";
  static constexpr unsigned most_entries = 256;
  static constexpr unsigned fewest_entries = 8;

  static result<uring_loop> make(unsigned entries = most_entries) {
    auto set = epoll_loop::make();
    if (!set) return set.error();
    auto outside = epoll_loop::make();
    if (!outside) return outside.error();
    uring_loop l(*std::move(set), *std::move(outside));
    l.completed_ = file{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!l.completed_) return os_fault("make", "eventfd", errno);
    for (const int fd : {l.set_.fd(), l.completed_.fd()})
      if (auto done = l.outside_.watch(fd); !done) return done.error();
    if (const int error = l.open(entries); error != 0) return refusal(error);
    return l;
  }
  uring_loop(uring_loop&& other) noexcept
      : set_(std::move(other.set_)),
        outside_(std::move(other.outside_)),
        completed_(std::move(other.completed_)),
        ring_(other.ring_),
        entries_(std::exchange(other.entries_, 0)),
        in_flight_(std::exchange(other.in_flight_, 0)),
        owner_(other.owner_),
        disabled_(other.disabled_),
        tells_(other.tells_),
        watching_(other.watching_),
        news_(other.news_) {}
  uring_loop& operator=(uring_loop&&) = delete;
  /// Cancels the requests that are on their way, in the thread that made them: their memory may go after it, not before.
  ~uring_loop() {
    if (entries_ == 0) return;
    if (in_flight_ > 0) {
      cancel(IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL, nullptr);
      for (reap(); in_flight_ > 0; reap()) enter(duration{INT64_MAX});
    }
    ::io_uring_queue_exit(&ring_);
  }

  result<> watch(int fd) { return set_.watch(fd); }
  void forget(int fd) { set_.forget(fd); }
  void wake() { set_.wake(); }

  bool wait(duration until) {
    change_hands();
    for (;;) {
      watch_set();
      reap();
      const bool interrupted = !news_ && watching_ && enter(until) == -EINTR;
      reap();
      const bool ready = !watching_ && set_.wait(duration{0});
      if (std::exchange(news_, false) || ready || interrupted) return true;
      if (wall_clock{}.steady() >= until) return false;
    }
  }

  /// Not the ring's: whoever polls that sleeps through work that the kernel defers to the ring's own thread.
  [[nodiscard]] int fd() const { return outside_.fd(); }
  void arm(duration until) {
    if (!std::exchange(tells_, true)) ::io_uring_register_eventfd(&ring_, completed_.fd());
    reap();                                        // what was completed before the kernel told of it
    if (std::exchange(news_, false)) set_.wake();  // it has left the ring, so the ring would be silent about it
    set_.arm(until);
  }
  void disarm() {
    set_.disarm();
    std::uint64_t count = 0;
    if (tells_) [[maybe_unused]]
      auto drained = ::read(completed_.fd(), &count, sizeof count);  // before the completions that it tells of are taken
    reap();
    news_ = false;
  }

  static constexpr bool asynchronous() { return true; }
  void submit(io_request& request) {
    change_hands();
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    if (entry == nullptr) return request.perform();
    const auto memory = request.memory();
    const auto size = static_cast<unsigned>(memory.size());
    switch (request.kind()) {
      case io_kind::read: ::io_uring_prep_read(entry, request.fd(), memory.data(), size, request.offset()); break;
      case io_kind::write: ::io_uring_prep_write(entry, request.fd(), memory.data(), size, request.offset()); break;
      case io_kind::sync: ::io_uring_prep_fsync(entry, request.fd(), IORING_FSYNC_DATASYNC); break;
    }
    ::io_uring_sqe_set_data(entry, &request);
    ++in_flight_;
    push();
  }
  /// Takes completions without waiting.
  void peek(io_request& request) { reap(&request); }
  void finish(io_request& request) {
    for (reap(&request); request.in_flight(); reap(&request)) enter(duration{INT64_MAX});
  }
  void cancel(io_request& request) {
    cancel(0, &request);
    finish(request);
  }

  /// Of the ring that the kernel has granted.
  [[nodiscard]] unsigned entries() const { return entries_; }
  /// Can the kernel tell an idle wait from one for a disk?
  [[nodiscard]] bool hides_iowait() const { return (ring_.features & can_hide_iowait) != 0; }

 private:
  // What a completion is about: an address of a request, or one of these.
  static constexpr std::uint64_t no_matter = 0;
  static constexpr std::uint64_t descriptors = 1;
  // Of Linux 6.15, and not in the headers of older systems.
  static constexpr unsigned can_hide_iowait = 1u << 17;
  static constexpr unsigned hide_iowait = 1u << 7;

  uring_loop(epoll_loop set, epoll_loop outside) : set_(std::move(set)), outside_(std::move(outside)) {}

  /// The errno of the last attempt, or 0.
  int open(unsigned entries) {
    constexpr unsigned best =
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_R_DISABLED;
    int error = EINVAL;
    for (const unsigned flags : {best, 0u}) {
      for (unsigned n = entries; n >= fewest_entries; n /= 2) {
        io_uring_params wish{};
        wish.flags = flags | IORING_SETUP_CQSIZE;
        wish.cq_entries = 4 * n;
        error = -::io_uring_queue_init_params(n, &ring_, &wish);
        if (error == 0) {
          entries_ = n;
          disabled_ = (flags & IORING_SETUP_R_DISABLED) != 0;
          return usable(wish.features);
        }
        if (error != ENOMEM) break;
      }
      if (error != EINVAL) break;  // flags that this kernel does not know are the one thing that fewer flags can mend
    }
    return error;
  }
  /// A sandbox may let rings be made and not be used.
  [[nodiscard]] int usable(unsigned features) const {
    constexpr unsigned needed = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_RW_CUR_POS;
    if ((features & needed) != needed) return ENOSYS;
    const int entered = ::io_uring_enter(static_cast<unsigned>(ring_.ring_fd), 0, 0, 0, nullptr);
    if (entered < 0 && entered != -EBADFD) return -entered;  // EBADFD: it is not enabled yet
    io_uring_probe* probe = ::io_uring_get_probe_ring(const_cast<io_uring*>(&ring_));
    if (probe == nullptr) return EPERM;
    const bool is_new = ::io_uring_opcode_supported(probe, IORING_OP_SOCKET) != 0;  // of 5.19, as is a way to cancel all requests
    ::io_uring_free_probe(probe);
    return is_new ? 0 : ENOSYS;
  }
  static fault refusal(int error) {
    const char* code = ::strerrorname_np(error);
    const std::string_view named = code != nullptr ? code : "?";
    switch (error) {
      case EPERM:
      case EACCES: return fault::of(failure::permission, "io_uring is blocked here (", named, ")");
      case ENOSYS: return fault::of(failure::unavailable, "this kernel has no io_uring that would do (", named, ")");
      case ENOMEM: return fault::of(failure::no_space, "io_uring gets no memory, raise the limit of locked memory (", named, ")");
      default: return fault::of(failure::unavailable, "io_uring cannot be set up (", named, ")");
    }
  }

  void cancel(int which, io_request* request) {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    if (entry == nullptr) return;
    ::io_uring_prep_cancel(entry, request, which);
    ::io_uring_sqe_set_data64(entry, no_matter);
    push();
  }
  /// A ring belongs to the thread that enabled it. When another one drives flows now, it gets a ring of its own: nothing is on
  /// its way in the old one, because flows end before they change hands.
  void change_hands() {
    if (owner_ == 0 || owner_ == ::gettid() || in_flight_ > 0) return;
    const unsigned entries = entries_;
    ::io_uring_queue_exit(&ring_);
    entries_ = 0;
    owner_ = 0;
    tells_ = watching_ = false;
    [[maybe_unused]] const int again = open(entries);
    LEVADA_CHECK(again == 0, again);
  }
  void watch_set() {
    if (watching_) return;
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    if (entry == nullptr) return;
    ::io_uring_prep_poll_add(entry, set_.fd(), POLLIN);
    ::io_uring_sqe_set_data64(entry, descriptors);
    watching_ = true;
    push();
  }
  /// Hands over what was prepared. The first thread that does owns the ring.
  void push() {
    if (std::exchange(disabled_, false)) {
      [[maybe_unused]] auto enabled = ::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
      owner_ = ::gettid();
    }
    while (::io_uring_sq_ready(&ring_) > 0) {
      const int n = ::io_uring_submit(&ring_);
      if (n >= 0 || n == -EINTR) continue;
      LEVADA_CHECK(n == -EAGAIN || n == -EBUSY, n);  // EEXIST: as in enter
      reap();
    }
  }
  /// Waits for a completion. By hand, because liburing before 2.8 knows no way to hide the wait from iowait.
  int enter(duration until) {
    const duration remaining = until - wall_clock{}.steady();
    if (remaining.ns <= 0) return ::io_uring_get_events(&ring_);  // a timeout of none would go to sleep all the same: 25 us
    const timespec left = detail::timespec_of(remaining);
    __kernel_timespec limit{left.tv_sec, left.tv_nsec};
    io_uring_getevents_arg extra{};
    extra.sigmask_sz = _NSIG / 8;
    extra.ts = reinterpret_cast<std::uintptr_t>(&limit);
    const unsigned quiet = hides_iowait() ? hide_iowait : 0;
    const int n =
        ::io_uring_enter2(static_cast<unsigned>(ring_.ring_fd), 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG | quiet,
                          reinterpret_cast<sigset_t*>(&extra), sizeof extra);
    LEVADA_CHECK(n != -EEXIST, n);  // the ring belongs to another thread
    return n;
  }
  /// Takes all completions. One that nobody asks for right now must end the next wait.
  void reap(const io_request* asked_for = nullptr) {
    io_uring_cqe* done = nullptr;
    while (::io_uring_peek_cqe(&ring_, &done) == 0) {
      const std::uint64_t about = done->user_data;
      const int outcome = done->res;
      ::io_uring_cqe_seen(&ring_, done);
      if (about == descriptors) {
        watching_ = false;
      } else if (about != no_matter) {
        auto* request = reinterpret_cast<io_request*>(static_cast<std::uintptr_t>(about));
        request->complete(outcome);
        --in_flight_;
        news_ |= request != asked_for;
      }
    }
  }

  epoll_loop set_;
  epoll_loop outside_;  // what a foreign loop waits for: set_, and completed_
  file completed_;      // the kernel tells of completions here, from the first arm() on
  io_uring ring_{};
  unsigned entries_ = 0;
  std::uint32_t in_flight_ = 0;
  pid_t owner_ = 0;  // the thread that has enabled the ring
  bool disabled_ = false;
  bool tells_ = false;
  bool watching_ = false;  // the poll of set_ is in the ring
  bool news_ = false;      // a completion was taken, and no wait has ended for it
};

}  // namespace levada::inline v0

#endif
