// SPDX-License-Identifier: BSL-1.0
// far_calls: questions to somebody slow, and the answers, between the thread of a flow and one that waits for them. One ring: a
// cell is first a question and then its answer, so the order of the answers is that of the questions.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/clock.hpp>
#include <levada/os/thread.hpp>
#include <levada/state/slots.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#if LEVADA_EXCEPTIONS
#include <exception>
#endif

namespace levada::inline v0 {

namespace detail {

/// A fetcher that is given several keys at a time.
template <class Row, class F>
struct batch_fetcher {
  F function;
};

/// What a fetcher gives for a key; void: it is none.
template <class F, class Key>
struct fetched {
  template <class T>
  static T row_of(const result<T>*);
  static void row_of(...);
  static auto find() {
    if constexpr (requires(F& f, const Key& k) { f(k); })
      return std::type_identity<decltype(row_of(
          static_cast<std::remove_cvref_t<decltype(std::declval<F&>()(std::declval<const Key&>()))>*>(nullptr)))>{};
    else
      return std::type_identity<void>{};
  }
  using type = typename decltype(find())::type;
};
template <class Row>
struct any_answer {
  void operator()(std::size_t, result<Row>) const {}
};
template <class Row, class F, class Key>
struct fetched<batch_fetcher<Row, F>, Key> {
  using type = std::conditional_t<std::is_invocable_v<F&, std::span<const Key>, any_answer<Row>>, Row, void>;
};

template <class Row>
struct far_answer {
  Row row{};
  bool is_there = false;
  text<128> reason;

  void put(result<Row> r) {
    is_there = static_cast<bool>(r);
    if (is_there)
      row = *std::move(r);
    else
      reason = r.error().sentence.view();
  }
};

/// Lies still from its making on, so that two threads may know where it is.
template <class Key, class Row, class Fetch>
class far_desk {
 public:
  far_desk(Fetch fetch, std::uint32_t room) : fetch_(std::move(fetch)), mask_(std::bit_ceil(room) - 1) {
    keys_.resize(std::size_t{mask_} + 1);
    answers_.resize(std::size_t{mask_} + 1);
  }
  far_desk(const far_desk&) = delete;
  far_desk& operator=(const far_desk&) = delete;
  ~far_desk() {
    stops_.release(1);  // pairs with the acquire in operator(); serve only looks
    if (thread_) asks_.ring();
    thread_.join();
  }

  /// A thread of its own asks from now on.
  result<> start(std::string_view name) {
    auto asks = bell::create_unnamed(), answers = bell::create_unnamed();
    if (!asks) return asks.error();
    if (!answers) return answers.error();
    asks_ = bell(*std::move(asks));
    has_answers_ = bell(*std::move(answers));
    auto started = thread::start(*this, name);
    if (!started) return started.error();
    thread_ = *std::move(started);
    return {};
  }
  /// What that thread runs.
  void operator()() {
    while (stops_.acquire() == 0) {  // pairs with the release in ~far_desk
      (void)asks_.wait(duration{INT64_MAX});
      asks_.drain();
      serve();
    }
  }

  // The rest is for the thread of the flow.
  bool ask(const Key& k) {
    const std::uint32_t at = asked_.relaxed();
    if (at - taken_ > mask_) return false;
    keys_[at & mask_] = k;
    asked_.release(at + 1);  // pairs with the acquire in serve
    is_told_ = false;
    return true;
  }
  /// Sees to it that what was asked is served.
  void tell() {
    if (std::exchange(is_told_, true)) return;
    if (thread_)
      asks_.ring();
    else
      serve();
  }
  /// visitor(key, answer) for each answer that is there.
  void take(auto&& visitor) {
    for (const std::uint32_t end = answered_.acquire(); taken_ != end; ++taken_)  // pairs with the release in serve
      visitor(keys_[taken_ & mask_], answers_[taken_ & mask_]);
  }
  [[nodiscard]] bool waits() const { return asked_.relaxed() != taken_; }
  /// Until there is an answer, or until that time.
  void wait_until(duration steady) {
    tell();
    if (!thread_) return;
    (void)has_answers_.wait(steady - wall_clock{}.steady());
    has_answers_.drain();
  }

 private:
  void serve() {
    const std::uint32_t end = asked_.acquire();  // pairs with the release in ask
    for (std::uint32_t at = answered_.relaxed(); at != end && stops_.relaxed() == 0;) {
      const std::uint32_t first = at & mask_;
      const std::uint32_t n = answer(first, end - at);
      answered_.release(at += n);  // pairs with the acquire in take
      if (has_answers_) has_answers_.ring();
    }
  }
  /// Answers one question or several, up to n that lie behind each other.
  std::uint32_t answer(std::uint32_t first, [[maybe_unused]] std::uint32_t n) {
    if constexpr (requires { fetch_.function; }) {
      if (n > mask_ + 1 - first) n = mask_ + 1 - first;
      for (std::uint32_t i = 0; i < n; ++i) answers_[first + i].put(fault::of(failure::data, "the fetcher gave no answer"));
      const result<> tried = attempt([&] {
        fetch_.function(std::span<const Key>(keys_.begin() + first, n), [&](std::size_t i, result<Row> r) {
          LEVADA_CHECK(i < n, i);  // the number of a key in the span
          answers_[first + i].put(std::move(r));
        });
        return result<>{};
      });
      for (std::uint32_t i = 0; i < n && !tried; ++i)
        if (!answers_[first + i].is_there) answers_[first + i].put(tried.error());
      return n;
    } else {
      answers_[first].put(attempt([&] { return fetch_(std::as_const(keys_)[first]); }));
      return 1;
    }
  }
  /// A throw is a fault as well: on a thread of its own nobody could catch it.
  template <class F>
  static auto attempt(F&& f) -> decltype(f()) {
#if LEVADA_EXCEPTIONS
    try {
      return f();
    } catch (const std::exception& thrown) {
      return fault::of(failure::data, thrown.what());
    } catch (...) {
      return fault::of(failure::data, "the fetcher threw something that is no std::exception");
    }
#else
    return f();
#endif
  }

  Fetch fetch_;
  std::uint32_t mask_;
  slots<Key> keys_;
  slots<far_answer<Row>> answers_;
  word<std::uint32_t> asked_{};
  word<std::uint32_t> answered_{};
  word<std::uint32_t> stops_{};
  std::uint32_t taken_ = 0;
  bool is_told_ = true;
  bell asks_;
  bell has_answers_;
  thread thread_;
};

/// The desk's owner, which may be moved.
template <class Key, class Row, class Fetch>
class far_calls {
 public:
  explicit far_calls(Fetch fetch) : fetch_(std::move(fetch)) {}
  far_calls(far_calls&& other) noexcept : fetch_(std::move(other.fetch_)), desk_(std::exchange(other.desk_, nullptr)) {}
  far_calls& operator=(far_calls&&) = delete;
  ~far_calls() { delete desk_; }

  result<> open(std::string_view name, std::uint32_t room, bool has_thread) {
    LEVADA_CHECK(desk_ == nullptr, room);
    desk_ = new (std::nothrow) far_desk<Key, Row, Fetch>(std::move(fetch_), room);
    LEVADA_CHECK(desk_ != nullptr, room);
    return has_thread ? desk_->start(name) : result<>{};
  }
  [[nodiscard]] far_desk<Key, Row, Fetch>* operator->() const { return desk_; }
  [[nodiscard]] explicit operator bool() const { return desk_ != nullptr; }

 private:
  Fetch fetch_;
  far_desk<Key, Row, Fetch>* desk_ = nullptr;
};

}  // namespace detail
}  // namespace levada::inline v0
