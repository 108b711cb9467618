// SPDX-License-Identifier: BSL-1.0
// host: the publisher's side of a sealed topic: makes its files in memory, seals them, and hands them to those whom it admits.
//
// A place is held by a lock, as in every topic. The host takes it on an open file of its own making and hands that over: the lock
// is then the receiver's, from before it is received until it dies. A place that is given away anew gets a new cursor, because
// its last owner may still write to the old one.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/detail/handover.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/os/bell.hpp>
#include <levada/os/file.hpp>
#include <levada/os/folder.hpp>
#include <levada/os/lock.hpp>
#include <levada/os/mapping.hpp>
#include <levada/os/memory_file.hpp>
#include <levada/os/random.hpp>
#include <levada/os/unix_socket.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Whom a publisher admits: its own user, and those who are named: guests().user(1001).group(50).
class guests {
 public:
  static constexpr std::size_t most = 16;  ///< users, and groups
  using rule = bool (*)(const peer&);

  [[nodiscard]] constexpr guests user(unsigned number) const {
    guests g = *this;
    LEVADA_CHECK(g.user_count_ < most, number);
    g.users_[g.user_count_++] = number;
    return g;
  }
  /// Those who have it as their first group or as one of the others.
  [[nodiscard]] constexpr guests group(unsigned number) const {
    guests g = *this;
    LEVADA_CHECK(g.group_count_ < most, number);
    g.groups_[g.group_count_++] = number;
    return g;
  }
  /// Those for whom it says true.
  [[nodiscard]] constexpr guests who(rule r) const {
    guests g = *this;
    g.rule_ = r;
    return g;
  }

  /// Is whoever is at the other end welcome?
  [[nodiscard]] bool admit(const unix_socket& s) const {
    const peer who = s.other_end();
    if (who.user == user_id() || (rule_ != nullptr && rule_(who))) return true;
    for (std::size_t i = 0; i < user_count_; ++i)
      if (users_[i] == who.user) return true;
    for (std::size_t i = 0; i < group_count_; ++i)
      if (s.other_end_is_in(groups_[i])) return true;
    return false;
  }

 private:
  unsigned users_[most]{}, groups_[most]{};
  std::size_t user_count_ = 0, group_count_ = 0;
  rule rule_ = nullptr;
};

/// How the publisher of a sealed topic treats its subscribers.
struct sealed_options {
  guests allow{};
  /// It waits for nobody more than this says: whoever asks for block is granted evict, whoever asks for less is granted that.
  /// With evict a subscriber that means harm can hold it to a step a lease; with overwrite to nothing.
  overflow_policy overflow = overflow_policy::block;
  duration lease{5'000'000};  ///< the longest that is granted, where not everybody may block
};

namespace detail {

class host {
 public:
  /// Fails  unavailable: the topic has a publisher.
  static result<host> open(const text<88>& topic, const topic_options& options, const descriptor_view& event, ring_kind kind,
                           const sealed_options& manners) {
    host h;
    h.topic_ = topic;
    h.options_ = manners;
    const auto name = door_name(user_id(), topic.view());
    auto door = unix_socket::listen(name.view());
    if (!door && door.error().kind == failure::unavailable)
      return fault::of(failure::unavailable, "sealed topic '", topic,
                       "' already has a publisher, or another user keeps its name ('", name,
                       "'): stop it first, or use another topic");
    if (!door) return door.error();
    h.door_ = std::move(*door);
    if (auto made = h.make(options, event, kind); !made) return h.about(made.error());
    auto watch = socket_watch::make();
    if (!watch) return h.about(watch.error());
    h.watch_ = std::move(*watch);
    if (!h.watch_.add(h.door_)) return h.about(os_fault("watch", name.view(), errno));
    return h;
  }

  /// A publisher over its ring.
  template <class Publisher>
  result<Publisher> open_publisher() {
    segment_.take_kept_files(&kept_);
    auto p = Publisher::over(segment_);
    segment_.take_kept_files(nullptr);
    for (auto& blank : kept_.cursors) blank = file();
    return p;
  }

  [[nodiscard]] const segment& ring() const { return segment_; }

  std::size_t admit() {
    for (std::size_t left = most_waiting; left > 0; --left) {  // whoever knocks without end does not keep it from its work
      unix_socket came = door_.accept();
      if (!came) break;
      if (!options_.allow.admit(came)) {
        const peer who = came.other_end();
        refuse(came, failure::permission,
               compose<376>("user ", who.user, " (process ", who.process, ") is not admitted by its publisher"));
      } else if (watch_.add(came)) {
        auto& place = waiting_[next_waiting_++ % most_waiting];  // one that has said nothing for so long makes room
        place = std::move(came);
      }
    }
    std::size_t admitted = 0;
    for (auto& one : waiting_) {
      if (!one) continue;
      knock k;
      const auto got = one.receive(std::as_writable_bytes(std::span(&k, 1)));
      if (got.nothing_yet) continue;
      watch_.remove(one);
      unix_socket guest = std::exchange(one, unix_socket());
      if (got.bytes != sizeof k || k.magic != handover_magic || k.version != handover_version)
        refuse(guest, failure::data, "its publisher speaks another version of levada");
      else if (lodge(guest, k))
        ++admitted;
    }
    return admitted;
  }
  result<> forget(std::string_view name) {
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      if (lodgers_[i].name.empty() || lodgers_[i].name.view() != name) continue;
      if (is_taken(i)) return fault::of(failure::unavailable, "subscriber '", name, "' of sealed topic '", topic_, "' runs");
      lodgers_[i].name = {};
      return {};
    }
    return fault::of(failure::usage, "sealed topic '", topic_, "' has no subscriber named '", name, "'");
  }
  [[nodiscard]] int fd() const { return watch_.fd(); }
  [[nodiscard]] std::uint64_t incarnation() const { return incarnation_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct lodger {
    subscriber_name name{};  // with one, the place waits for it
    unsigned user = 0;
    unix_socket connection{};  // by its end the subscriber knows that the publisher has ended
  };
  static constexpr std::size_t most_waiting = 16;

  result<> make(const topic_options& options, const descriptor_view& event, ring_kind kind) {
    auto h = plan_ring(options.capacity, options.grain, options.first_sequence, event, page_size(), kind);
    if (!h) return h.error();
    auto measure = check_ring(*h, geometry_of(*h).file_bytes(), h->page);
    if (!measure) return measure.error();
    const auto take = [](file& to, result<file> made) -> result<> {
      if (!made) return made.error();
      to = std::move(*made);
      return {};
    };
    if (auto done = take(kept_.ring, memory_file("levada-ring", measure->file_bytes())); !done) return done;
    if (auto done = lay_out(kept_.ring, *h, event); !done) return done;
    if (auto done = take(kept_.doors, memory_file("levada-doors", h->page)); !done) return done;
    if (auto done = seal(kept_.doors, size_seals); !done) return done;
    if (auto done = take(kept_.producer, memory_file("levada-producer", 0)); !done) return done;
    if (auto done = take(kept_.producer_bell, bell::create_unnamed()); !done) return done;
    auto blank = memory_file("levada-cursor", h->page);  // until somebody has the place
    if (!blank) return blank.error();
    for (std::size_t i = 0; i < most_subscribers; ++i) {
      if (auto done = take(kept_.cursors[i], copy_of(*blank)); !done) return done;
      if (auto done = take(kept_.bells[i], bell::create_unnamed()); !done) return done;
    }
    topic_files files;
    files.topic = topic_.view();
    files.kept = &kept_;
    auto opened = segment::open(files, side::publisher);
    if (!opened) return opened.error();
    segment_ = std::move(*opened);
    if (auto done = seal(kept_.ring, writer_seals); !done) return done;  // what is mapped now is all that is ever written through
    auto grants = mapping::memory(most_subscribers * sizeof(grant));
    if (!grants) return grants.error();
    grants_ = std::move(*grants);
    for (std::size_t i = 0; i < most_subscribers; ++i) ::new (static_cast<void*>(&granted(i))) grant{};
    segment_.take_grants(&granted(0));
    auto drawn = random_number();
    if (!drawn) return drawn.error();
    incarnation_ = *drawn;
    return {};
  }
  [[nodiscard]] grant& granted(std::size_t i) const { return reinterpret_cast<grant*>(grants_.base())[i]; }
  [[nodiscard]] bool is_taken(std::size_t i) const { return is_locked(segment_.view().cursor_files[i]); }
  [[nodiscard]] fault about(const fault& cause) const {
    return fault::of(cause.kind, "sealed topic '", topic_, "' cannot be made: ", cause.sentence);
  }
  bool refuse(const unix_socket& guest, failure kind, const text<376>& why) {
    ++refused_;
    answer no;
    no.refusal = static_cast<std::uint32_t>(kind);
    no.sentence = why;
    [[maybe_unused]] const bool told = guest.send(std::as_bytes(std::span(&no, 1)));
    return false;
  }

  bool lodge(unix_socket& guest, knock& k) {
    end_text(k.name);
    const unsigned user = guest.other_end().user;
    std::size_t at = most_subscribers;
    bool resumes = false;
    for (std::size_t i = 0; i < most_subscribers && !k.name.empty() && !resumes; ++i)
      if (lodgers_[i].name == k.name && lodgers_[i].user == user) at = i, resumes = true;
    if (resumes && is_taken(at))
      return refuse(guest, failure::unavailable, compose<376>("it already has a subscriber named '", k.name, "'"));
    for (std::size_t i = 0; i < most_subscribers && at == most_subscribers; ++i)
      if (lodgers_[i].name.empty() && !is_taken(i)) at = i;
    if (at == most_subscribers)
      return refuse(guest, failure::unavailable, compose<376>("all its ", most_subscribers, " places are taken"));
    if (auto moved_in = lodge_at(at, guest, k, resumes); !moved_in)
      return refuse(guest, moved_in.error().kind, moved_in.error().sentence);
    return true;
  }
  result<> lodge_at(std::size_t at, unix_socket& guest, const knock& k, bool resumes) {
    const auto& view = segment_.view();
    auto& old = granted(at);
    grant now{old.incarnation + 1 != 0 ? old.incarnation + 1 : 1};
    now.overflow = least(k.overflow);
    now.lease = duration{k.lease < 0 ? 0 : k.lease};
    if (options_.overflow != overflow_policy::block && options_.lease < now.lease) now.lease = options_.lease;
    if (resumes) {
      const auto nearer = [](std::uint64_t a, std::uint64_t b) { return a < b ? a : b; };
      const auto further = [](std::uint64_t a, std::uint64_t b) { return a < b ? b : a; };
      now.position = nearer(further(old.position, view.cursor(at).position.acquire()), view.control->head.relaxed());
      now.lane = nearer(further(old.lane, view.cursor(at).lane.acquire()), view.control->lane_head.relaxed());
    }
    auto cursor = make_cursor(now);
    if (!cursor) return cursor.error();

    // What it gets, each with flags and locks of its own.
    file out[handed::count];
    const struct {
      std::size_t what;
      const file& from;
      int flags;
    } parts[] = {{handed::ring, kept_.ring, O_RDONLY},
                 {handed::doors, kept_.doors, O_RDWR},
                 {handed::cursor, *cursor, O_RDWR},
                 {handed::bell, kept_.bells[at], O_RDWR | O_NONBLOCK},
                 {handed::producer_bell, kept_.producer_bell, O_WRONLY | O_NONBLOCK},
                 {handed::producer, kept_.producer, O_RDONLY}};
    int numbers[handed::count];
    for (const auto& p : parts) {
      auto opened = reopen(p.from, p.flags);
      if (!opened) return opened.error();
      out[p.what] = std::move(*opened);
      numbers[p.what] = out[p.what].fd();
    }
    if (!try_lock(out[handed::cursor].fd())) return os_fault("lock", "a cursor", errno);
    if (auto replaced = segment_.replace_cursor(at, *cursor); !replaced) return replaced;
    old = now;
    answer yes;
    yes.place = static_cast<std::uint32_t>(at);
    yes.resumed = resumes ? 1 : 0;
    yes.overflow = static_cast<std::uint32_t>(now.overflow);
    yes.lease = now.lease.ns;
    yes.incarnation = incarnation_;
    if (!guest.send(std::as_bytes(std::span(&yes, 1)), numbers)) return os_fault("answer", "a subscriber", errno);
    const unsigned user = guest.other_end().user;
    lodgers_[at] = {k.name, user, std::move(guest)};
    return {};
  }
  [[nodiscard]] overflow_policy least(std::uint32_t asked) const {
    const auto most = static_cast<std::uint32_t>(overflow_policy::overwrite), own = static_cast<std::uint32_t>(options_.overflow);
    return static_cast<overflow_policy>(asked > most ? most : asked < own ? own : asked);
  }
  [[nodiscard]] result<file> make_cursor(const grant& g) const {
    auto f = memory_file("levada-cursor", segment_.view().measure.page);
    if (!f) return f;
    auto page = mapping::of(*f, sizeof(cursor_page), access::read_write);
    if (!page) return page.error();
    auto& c = *reinterpret_cast<cursor_page*>(page->base());
    c.position.relaxed(g.position);
    c.lane.relaxed(g.lane);
    c.incarnation.relaxed(g.incarnation - 1);  // attach counts on
    if (auto sealed = seal(*f, size_seals); !sealed) return sealed.error();
    return f;
  }

  text<88> topic_;
  sealed_options options_;
  std::uint64_t incarnation_ = 0;
  kept_files kept_;
  mapping grants_;
  segment segment_;
  unix_socket door_;
  socket_watch watch_;
  unix_socket waiting_[most_waiting];
  std::size_t next_waiting_ = 0;
  lodger lodgers_[most_subscribers];
  std::uint64_t refused_ = 0;
};

}  // namespace detail

}  // namespace levada::inline v0
