// SPDX-License-Identifier: BSL-1.0
// sealed: a topic without a name in the file system, for those who do not trust each other. Its publisher makes it in memory and
// hands it to whom it admits, over a unix socket on which the kernel says who asks. The ring is sealed: nobody but the publisher
// can ever write to it, and nobody, not even the publisher, can take it away from under a reader. Ring, lane, policies and
// death are those of every topic.
#pragma once

#include <levada/bus/detail/host.hpp>
#include <levada/bus/detail/lodging.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/folder.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Names a stream of events of a user, within one network namespace. T chooses the ring, as in topic<T>. Holds no resource.
template <wire_event T>
class sealed_topic {
  static_assert(!detail::has_many<T>, "sealed_topic: its producer is the one who has made it: name it as sealed_topic<T>");

 public:
  /// Takes  a name as that of a topic, of at most 87 characters.
  explicit sealed_topic(std::string_view name, topic_options options = {})
      : name_(name), owner_(user_id()), options_(options), fits_(name.size() < sizeof name_ && detail::is_topic_name(name)) {}
  /// The topic of this name whose publisher is that user.
  [[nodiscard]] sealed_topic of_user(unsigned number) const {
    sealed_topic t = *this;
    t.owner_ = number;
    return t;
  }

  [[nodiscard]] std::string_view name() const { return name_.view(); }
  [[nodiscard]] unsigned owner() const { return owner_; }
  [[nodiscard]] const topic_options& options() const { return options_; }
  /// Fails  usage: the name is none.
  [[nodiscard]] result<text<88>> checked_name() const {
    if (fits_) return name_;
    return fault::of(failure::usage, "'", name_,
                     "' is not a name for a sealed topic: use letters, digits, '.', '_', '-', and '/' ",
                     "between parts, at most ", sizeof name_ - 1, " in all; no part begins with '.' or ends with '.topic'");
  }

 private:
  text<88> name_;
  unsigned owner_;
  topic_options options_;
  bool fits_;
};

/// Takes, Emits  as publisher<T>.
/// Holds  as publisher<T>; 22 descriptors more, and one for each subscriber that it has admitted. The topic lives as long as its
///        publisher, and as those who read what is left: the next one is another incarnation.
/// Fails  at open only, in words.
/// Costs  as publisher<T>; an admission some 20 system calls. Nothing runs in the background: who knocks waits until admit().
template <wire_event Topic>
class sealed_publisher : detail::host, public publisher<Topic> {
  using base = publisher<Topic>;

 public:
  /// Fails with failure::unavailable if the topic has a publisher.
  static result<sealed_publisher> open(const sealed_topic<Topic>& where, const sealed_options& options = {}) {
    auto name = where.checked_name();
    if (!name) return name.error();
    if (where.owner() != user_id())
      return fault::of(failure::usage, "sealed topic '", *name, "' is to be of user ", where.owner(),
                       ", and this process is user ", user_id(), ": a publisher's topics are its user's");
    using ring = detail::ring_of<Topic>;
    auto h = detail::host::open(*name, where.options(), ring::description(), ring::kind, options);
    if (!h) return h.error();
    auto p = h->template open_publisher<base>();
    if (!p) return p.error();
    return sealed_publisher(std::move(*h), std::move(*p));
  }

  /// Lets in, or refuses, those who have knocked; does not wait. Emits how many have come in.
  std::size_t admit() { return host::admit(); }
  /// Readable when somebody knocks. Not the one on which wait_for_room() sleeps.
  [[nodiscard]] int fd() const { return host::fd(); }
  /// Those who were not let in.
  [[nodiscard]] std::uint64_t refused() const { return host::refused(); }
  /// Gives up the position of a named subscriber that does not run and will not return.
  result<> forget(std::string_view subscriber) { return host::forget(subscriber); }
  /// Drawn at random: with a sequence it names an event for good, also among the publishers that come later.
  [[nodiscard]] std::uint64_t incarnation() const { return host::incarnation(); }

 private:
  sealed_publisher(detail::host&& h, base&& p) : detail::host(std::move(h)), base(std::move(p)) {}
};

/// Takes, Emits  as subscriber<T>.
/// Holds  as subscriber<T>, and a connection to the publisher.
/// Fails  at open in words: nobody is there, or admits anybody, or this user is not admitted, or what came is not sealed;
///        later in status(), if it was evicted or its publisher has ended.
/// Costs  as subscriber<T>.
template <wire_event Topic>
class sealed_subscriber : detail::lodging, public subscriber<Topic> {
  using base = subscriber<Topic>;

 public:
  /// Waits for at most `patience` to be admitted. What its publisher grants may be less than it asks for: policy() says.
  static result<sealed_subscriber> open(const sealed_topic<Topic>& where, const subscriber_options& options = {},
                                        duration patience = duration{5'000'000'000}) {
    auto name = where.checked_name();
    if (!name) return name.error();
    auto l = detail::lodging::open(*name, where.owner(), options, patience);
    if (!l) return l.error();
    auto s = l->template open_subscriber<base>();
    if (!s) return s.error();
    return sealed_subscriber(std::move(*l), std::move(*s));
  }

  /// A fault if it was evicted, or if the publisher has ended: look when a read is empty, and open it anew.
  /// Costs  a system call.
  [[nodiscard]] result<> status() const {
    if (const auto& below = base::status(); !below) return below.error();
    return lodging::publisher_lives() ? result<>() : result<>(lodging::publisher_has_ended());
  }
  /// Costs  a system call.
  [[nodiscard]] bool producer_alive() const { return lodging::publisher_lives(); }
  /// Of the publisher that it reads.
  [[nodiscard]] std::uint64_t incarnation() const { return lodging::incarnation(); }
  [[nodiscard]] overflow_policy policy() const { return lodging::policy(); }

 private:
  sealed_subscriber(detail::lodging&& l, base&& s) : detail::lodging(std::move(l)), base(std::move(s)) {}
};

}  // namespace levada::inline v0
