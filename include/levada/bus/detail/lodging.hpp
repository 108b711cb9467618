// SPDX-License-Identifier: BSL-1.0
// lodging: the subscriber's side of a sealed topic: asks for a place, and believes nothing of what it is handed before it has
// seen the seals.
#pragma once

#include <levada/bus/detail/consumer.hpp>
#include <levada/bus/detail/files.hpp>
#include <levada/bus/detail/handover.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/file.hpp>
#include <levada/os/memory_file.hpp>
#include <levada/os/unix_socket.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace levada::inline v0::detail {

class lodging {
 public:
  /// `owner` is the user whose topic it must be.
  static result<lodging> open(const text<88>& topic, unsigned owner, const subscriber_options& wish, duration patience) {
    lodging l;
    l.topic_ = topic;
    auto door = unix_socket::connect(door_name(owner, topic.view()).view(), patience);
    if (!door && door.error().kind == failure::unavailable)
      return fault::of(failure::unavailable, "sealed topic '", topic, "' of user ", owner,
                       " is not there, or too many wait for it: start its publisher first, in the same network namespace");
    if (!door) return l.about(door.error());
    if (const peer who = door->other_end(); who.user != owner)  // anyone can take a name that nobody has
      return fault::of(failure::permission, "sealed topic '", topic, "' of user ", owner, " cannot be used: user ", who.user,
                       " (process ", who.process, ") has taken its name");
    knock k;
    k.overflow = static_cast<std::uint32_t>(wish.overflow);
    k.lease = wish.lease.ns;
    k.name = wish.name.view();
    if (k.name.view() != wish.name.view())
      return fault::of(failure::usage, "a subscriber's name has at most ", sizeof k.name - 1, " characters: '", wish.name, "'");
    [[maybe_unused]] const bool heard = door->send(std::as_bytes(std::span(&k, 1)));  // if not, it may have said why
    answer a;
    file parts[handed::count];
    const auto got = door->receive(std::as_writable_bytes(std::span(&a, 1)), parts);
    if (got.nothing_yet)
      return l.about(fault::of(failure::unavailable, "its publisher has not admitted anybody for ", patience.ns / 1'000'000,
                               " ms: it must call admit() now and then"));
    if (got.bytes == 0) return l.about(fault::of(failure::unavailable, "its publisher has ended"));
    if (got.bytes != sizeof a || a.magic != handover_magic || a.version != handover_version)
      return l.about(fault::of(failure::data, "its publisher speaks another version of levada"));
    if (a.refusal != 0) {
      end_text(a.sentence);
      return l.about(fault::of(kind_of(a.refusal), a.sentence));
    }
    if (got.descriptors != handed::count || a.place >= most_subscribers ||
        a.overflow > static_cast<std::uint32_t>(overflow_policy::overwrite))
      return l.about(fault::of(failure::data, "its publisher has answered nonsense"));
    for (const auto& [what, seals] :
         {std::pair(handed::ring, writer_seals), std::pair(handed::doors, size_seals), std::pair(handed::cursor, size_seals)})
      if (auto sealed = is_sealed(parts[what], seals); !sealed) return l.about(sealed.error());

    l.kept_.ring = std::move(parts[handed::ring]);
    l.kept_.doors = std::move(parts[handed::doors]);
    l.kept_.producer = std::move(parts[handed::producer]);
    l.kept_.producer_bell = std::move(parts[handed::producer_bell]);
    l.kept_.place = a.place;
    l.kept_.resumed = a.resumed != 0;
    l.kept_.cursors[a.place] = std::move(parts[handed::cursor]);
    l.kept_.bells[a.place] = std::move(parts[handed::bell]);
    l.connection_ = std::move(*door);
    l.incarnation_ = a.incarnation;
    l.options_ = wish;
    l.options_.overflow = static_cast<overflow_policy>(a.overflow);
    l.options_.lease = duration{a.lease};
    return l;
  }
  /// A subscriber over what was handed over.
  template <class Subscriber>
  result<Subscriber> open_subscriber() {
    topic_files files;
    files.topic = topic_.view();
    files.kept = &kept_;
    auto opened = segment::open(files, side::subscriber);
    if (!opened) return opened.error();
    segment_ = std::move(*opened);
    auto s = Subscriber::over(segment_, options_);
    segment_.take_kept_files(nullptr);
    kept_ = kept_files();  // but for the subscriber's copies, and with them its lock
    return s;
  }

  [[nodiscard]] std::uint64_t incarnation() const { return incarnation_; }
  [[nodiscard]] overflow_policy policy() const { return options_.overflow; }
  [[nodiscard]] bool publisher_lives() const { return !connection_.is_left(); }
  [[nodiscard]] fault publisher_has_ended() const {
    return about(fault::of(failure::unavailable,
                           "its publisher has ended: read what is there, then open it anew (another "
                           "publisher is another incarnation)"));
  }

 private:
  [[nodiscard]] fault about(const fault& cause) const {
    return fault::of(cause.kind, "sealed topic '", topic_, "' cannot be used: ", cause.sentence);
  }
  static failure kind_of(std::uint32_t number) {
    for (auto k : {failure::usage, failure::data, failure::unavailable, failure::no_space, failure::permission})
      if (static_cast<std::uint32_t>(k) == number) return k;
    return failure::internal;
  }

  text<88> topic_;
  unix_socket connection_;
  kept_files kept_;  // until the subscriber is open
  segment segment_;
  subscriber_options options_;
  std::uint64_t incarnation_ = 0;
};

}  // namespace levada::inline v0::detail
