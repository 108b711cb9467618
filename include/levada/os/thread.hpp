// SPDX-License-Identifier: BSL-1.0
// thread: a thread with a name and, if you like, a processor of its own. It is over when its object is.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>

#include <pthread.h>
#include <sched.h>

namespace levada::inline v0 {

namespace detail {
inline unsigned count_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(CPU_COUNT(&set));
}
inline const unsigned cores_at_start = count_cores();  // before any thread was pinned, this one as well
}  // namespace detail

/// How many processors this process was given.
[[nodiscard]] inline unsigned usable_cores() { return detail::cores_at_start; }

/// A processor, as the system numbers them; -1 is whichever it likes.
struct core {
  int number = -1;
};

/// Lets another thread run, if one waits for this processor.
inline void give_way() { ::sched_yield(); }

class thread {
 public:
  thread() = default;
  thread(thread&& other) noexcept : id_(other.id_), runs_(std::exchange(other.runs_, false)) {}
  thread& operator=(thread&& other) noexcept {
    join();
    id_ = other.id_;
    runs_ = std::exchange(other.runs_, false);
    return *this;
  }
  ~thread() { join(); }

  /// Takes  a body that is called once, on the new thread, and stays where it is until join(); a processor, or -1 for any.
  /// Fails  unavailable: this process may not use that processor; io: no thread can be made.
  template <class Body>
  static result<thread> start(Body& body, std::string_view name = {}, int on_core = -1) {
    pthread_attr_t how;
    ::pthread_attr_init(&how);
    struct guard {
      pthread_attr_t* of;
      ~guard() { ::pthread_attr_destroy(of); }
    } const end{&how};
    if (on_core >= 0) {
      cpu_set_t set;
      CPU_ZERO(&set);
      if (on_core < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(on_core), &set);
      ::pthread_attr_setaffinity_np(&how, sizeof set, &set);
    }
    thread t;
    const int error = ::pthread_create(
        &t.id_, &how,
        [](void* p) -> void* {
          (*static_cast<Body*>(p))();
          return nullptr;
        },
        &body);
    if (error == EINVAL && on_core >= 0)
      return fault::of(failure::unavailable, "thread '", name, "' cannot run on core ", on_core,
                       ": this process may not use it (it may use ", usable_cores(), ")");
    if (error != 0) return os_fault("start", "a thread", error);
    t.runs_ = true;
    const text<16> short_name = compose<16>(name.substr(0, 15));
    if (!name.empty()) ::pthread_setname_np(t.id_, short_name.c_str());
    return t;
  }
  /// Waits for its end.
  void join() {
    if (std::exchange(runs_, false)) ::pthread_join(id_, nullptr);
  }
  [[nodiscard]] explicit operator bool() const { return runs_; }

 private:
  pthread_t id_{};
  bool runs_ = false;
};

}  // namespace levada::inline v0
