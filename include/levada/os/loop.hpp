// SPDX-License-Identifier: BSL-1.0
// loop: what a runner waits with: the first of some backends that works here, or the one that LEVADA_LOOP names.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/pack.hpp>
#include <levada/core/result.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/os/epoll_loop.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/io.hpp>
#if LEVADA_URING
#include <levada/os/uring_loop.hpp>
#endif

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Takes  loops of the shape of epoll_loop, the best one first. They keep its contract: level-triggered, one thread, wake()
///        from anywhere.
/// Fails  when none can be made; usage: LEVADA_LOOP names none of them. A loop that is named and cannot be made is a fault as
///        well: whoever names one wants that one.
/// Costs  one predictable branch a call.
template <class... Backend>
class basic_loop {
  static constexpr std::size_t backends = sizeof...(Backend);
  static_assert(backends > 0, "basic_loop: it needs a loop to be");

 public:
  /// As the environment variable LEVADA_LOOP wishes. A choice that is not the first one is said on standard error, once in a
  /// process: a daemon's user wants to know why it does not wait with the best there is.
  static result<basic_loop> make() {
    static word<std::uint32_t> said{0};
    auto made = make(environment("LEVADA_LOOP"));
    if (made && !made->reason().empty() && said.exchange(1) == 0) {
      const text<24> chosen = made->name();
      std::fprintf(stderr, "levada: waiting with %s: %s\n", chosen.c_str(), made->reason_.c_str());
    }
    return made;
  }
  /// Takes  the name of a backend, or nothing for the first that works.
  static result<basic_loop> make(std::string_view wanted) {
    basic_loop l;
    result<> trouble = fault::of(failure::usage, "LEVADA_LOOP is '", wanted, "', but this program can wait with ", names());
    for_each_index<backends>([&](auto i) {
      using tried = typename element<i, loops>::value_type;
      if (l.chosen_ != none || (!wanted.empty() && wanted != tried::name)) return;
      auto made = tried::make();
      if (made) {
        get<i>(l.loops_).emplace(*std::move(made));
        l.chosen_ = i;
        return;
      }
      if (l.reason_.empty()) l.reason_ = made.error().sentence.view();
      if (wanted.empty())
        trouble = made.error();
      else
        trouble = fault::of(made.error().kind, "LEVADA_LOOP is '", wanted, "', but ", made.error().sentence);
    });
    if (l.chosen_ == none) return trouble.error();
    if (!wanted.empty() && l.chosen_ != 0) l.reason_ = "LEVADA_LOOP says so";
    return l;
  }

  /// Of the backend.
  [[nodiscard]] std::string_view name() const {
    return ask([](const auto& l) { return std::string_view(l.name); });
  }
  /// Why it is not the first one; empty if it is.
  [[nodiscard]] std::string_view reason() const { return reason_.view(); }

  result<> watch(int fd) {
    return ask([&](auto& l) { return l.watch(fd); });
  }
  void forget(int fd) {
    ask([&](auto& l) { l.forget(fd); });
  }
  bool wait(duration until) {
    return ask([&](auto& l) { return l.wait(until); });
  }
  void wake() {
    ask([](auto& l) { l.wake(); });
  }

  [[nodiscard]] int fd() const {
    return ask([](const auto& l) { return l.fd(); });
  }
  void arm(duration until) {
    ask([&](auto& l) { l.arm(until); });
  }
  void disarm() {
    ask([](auto& l) { l.disarm(); });
  }

  [[nodiscard]] bool asynchronous() const {
    return ask([](const auto& l) { return l.asynchronous(); });
  }
  void submit(io_request& request) {
    ask([&](auto& l) { l.submit(request); });
  }
  void peek(io_request& request) {
    ask([&](auto& l) { l.peek(request); });
  }
  void finish(io_request& request) {
    ask([&](auto& l) { l.finish(request); });
  }
  void cancel(io_request& request) {
    ask([&](auto& l) { l.cancel(request); });
  }

 private:
  using loops = pack<std::optional<Backend>...>;
  static constexpr std::size_t none = backends;

  basic_loop() = default;

  static text<64> names() {
    text<64> all;
    ((all += all.empty() ? "" : " or ", all += Backend::name), ...);
    return all;
  }
  template <std::size_t I = 0, class F>
  decltype(auto) ask(F&& f) {
    if constexpr (I + 1 < backends)
      if (chosen_ != I) return ask<I + 1>(f);
    return f(*get<I>(loops_));
  }
  template <std::size_t I = 0, class F>
  decltype(auto) ask(F&& f) const {
    if constexpr (I + 1 < backends)
      if (chosen_ != I) return ask<I + 1>(f);
    return f(*get<I>(loops_));
  }

  loops loops_;
  std::size_t chosen_ = none;
  text<376> reason_;
};

// What waits differently is named differently, so that parts of a program may be compiled with and without liburing.
inline namespace LEVADA_LOOP_NAMESPACE {
#if LEVADA_URING
using loop = basic_loop<uring_loop, epoll_loop>;
#else
using loop = basic_loop<epoll_loop>;
#endif
}  // namespace LEVADA_LOOP_NAMESPACE

}  // namespace levada::inline v0
