// SPDX-License-Identifier: BSL-1.0
// frames: a ring for events of any length. A frame is a header of 8 bytes, {length, kind}, and its bytes, padded to 8; the
// ring below is a stream of such words, so room, sequences, the lane, death and waiting are those of every topic. The
// mapping shows the ring twice in a row, so a frame never wraps. Sequences and capacities count words.
#pragma once

#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/publisher.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/subscriber.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/config.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/core/time.hpp>
#include <levada/core/word.hpp>
#include <levada/wire/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

/// Content says what lies in the frames; a topic with other content is refused.
template <fixed_string Content = "bytes">
struct frames {};

/// A frame that was read, in place.
struct frame {
  const std::byte* data = nullptr;  ///< aligned to 8
  std::uint32_t length = 0;         ///< bytes
  std::uint32_t kind = 0;           ///< whatever its publisher meant by it

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data, length}; }
  operator std::span<const std::byte>() const { return bytes(); }  // NOLINT: implicit, a frame is its bytes
};

namespace detail {

struct frame_header {
  std::uint32_t length;
  std::uint32_t kind;
};
static_assert(sizeof(frame_header) == frame_word_bytes);

/// The words below the frames. A header is read and written as one word: once, and never half.
template <fixed_string Content>
struct frame_words {};

template <fixed_string Content>
struct ring_of<frame_words<Content>> {
  static_assert(!Content.empty() && Content.view().size() < sizeof(field::name),
                "frames: the name of their content has 1 to 47 characters");
  static constexpr ring_kind kind = ring_kind::frames;
  using event_type = word<std::uint64_t>;
  using slot_type = event_type;
  using producer_type = producer;
  using consumer_type = consumer;
  static const slot_type& event_in(const slot_type& slot) { return slot; }
  /// That of a header, in which the content stands for what follows.
  static descriptor_view description() {
    struct storage {
      field fields[2];
      storage() {
        const auto header = describe<frame_header>();
        fields[0] = header.fields[0];
        fields[1] = header.fields[1];
        fields[1].name = Content.view();
      }
    };
    static const storage made;
    return {made.fields, {}, sizeof(frame_header), alignof(frame_header)};
  }
};
template <fixed_string Content>
struct ring_of<frames<Content>> : ring_of<frame_words<Content>> {
  using event_type = frame;
};

}  // namespace detail

/// Takes  frames of at most most_bytes(), written by the caller in place.
/// Emits, Holds, Fails  as every publisher.
/// Costs  a header a frame, and what every publisher costs an acceptance: several frames can be added and then accepted at once.
template <fixed_string Content>
class publisher<frames<Content>> : publisher<detail::frame_words<Content>> {
  using base = publisher<detail::frame_words<Content>>;

 public:
  using event_type = frame;

  static result<publisher> open(const topic<frames<Content>>& where) {
    return made(base::open(topic<detail::frame_words<Content>>(where)));
  }
  static result<publisher> open(const topic<frames<Content>>& where, duration patience) {
    return made(base::open(topic<detail::frame_words<Content>>(where), patience));
  }
  static result<publisher> over(const detail::segment& s) { return made(base::over(s)); }

  /// Room for a frame of n bytes behind those that were added, aligned to 8; empty if there is none, if n is 0 (which needs no
  /// bytes), if n is more than most_bytes(), or if an eighth of the ring waits to be accepted.
  [[nodiscard]] LEVADA_INLINE std::span<std::byte> claim(std::size_t n) {
    const auto words = detail::words_of_frame(n);
    if (words > left_ || !this->core_.has_room_in_lane()) [[unlikely]]
      if (!take_room(words)) return {};
    return {reinterpret_cast<std::byte*>(next_ + 1), n};
  }
  /// The first n bytes of the claim are a frame.
  LEVADA_INLINE void add(std::size_t n, std::uint32_t kind = 0) {
    const auto words = detail::words_of_frame(n);
    LEVADA_CHECK(words <= left_, n);
    next_->relaxed(static_cast<std::uint64_t>(kind) << 32 | n);  // published by head
    next_ += words;
    left_ -= words;
  }
  /// Accepts the frames that were added, at time `now`: from here on they survive this process.
  LEVADA_INLINE void accept(timestamp now) {
    const auto words = added();
    if (words == 0) return;
    if (this->core_.position() - marked_ >= slice()) [[unlikely]] {  // where a late subscriber may begin
      marked_ = this->core_.position();
      this->core_.mark(now);
    }
    this->core_.commit(static_cast<std::size_t>(words), now);
    first_ = next_ = this->slots_ + (this->core_.position() & this->mask_);
  }
  LEVADA_INLINE void commit(std::size_t n, timestamp now, std::uint32_t kind = 0) {
    add(n, kind);
    accept(now);
  }

  /// Sleeps until a claim of n bytes would not be empty, or the time is over. False at once for what will never fit; accept
  /// first what was added.
  [[nodiscard]] bool wait_for_room(std::size_t n, duration timeout) {
    const auto words = detail::words_of_frame(n);
    return words <= slice() - added() && this->core_.wait_for_room(timeout, added() + words);
  }
  /// The largest frame: an eighth of the ring, without the header.
  [[nodiscard]] std::size_t most_bytes() const { return static_cast<std::size_t>((slice() - 1) * detail::frame_word_bytes); }

  // A signal comes behind the frames that were accepted.
  using base::blocked_by, base::capacity, base::epoch, base::evictions, base::producer, base::released, base::rescued,
      base::sequence, base::signal, base::subscriber_alive, base::subscribers, base::tell_time;

 private:
  explicit publisher(base&& words)
      : base(std::move(words)),
        first_(this->slots_ + (this->core_.position() & this->mask_)),
        next_(first_),
        marked_(this->core_.position()) {}
  static result<publisher> made(result<base> words) {
    return words ? publisher(std::move(*words)) : result<publisher>(words.error());
  }
  [[nodiscard]] std::uint64_t slice() const { return (this->mask_ + 1) / 8; }
  [[nodiscard]] std::uint64_t added() const { return static_cast<std::uint64_t>(next_ - first_); }

  LEVADA_COLD bool take_room(std::uint64_t words) {
    if (words > slice() - added() || !this->core_.grants(added() + words)) return false;
    left_ = this->core_.granted(static_cast<std::size_t>(slice())) - added();
    return true;
  }

  word<std::uint64_t>* first_;  // of the frames that were added
  word<std::uint64_t>* next_;   // the next header
  std::uint64_t left_ = 0;      // words that may be written from there on
  std::uint64_t marked_;
};

/// Emits  turns: frames up to the next record of the lane, or one signal.
/// Holds  what every subscriber holds, and the places of 64 frames.
/// Fails  as every subscriber. A header that no publisher writes is believed in nothing: it ends the subscription, and status()
///        says so.
template <fixed_string Content>
class subscriber<frames<Content>> : subscriber<detail::frame_words<Content>> {
  using base = subscriber<detail::frame_words<Content>>;

 public:
  using event_type = frame;
  static constexpr std::size_t most_frames = 64;  ///< a turn

  static result<subscriber> open(const topic<frames<Content>>& where, const subscriber_options& options = {}) {
    return made(base::open(topic<detail::frame_words<Content>>(where), options), where.name());
  }
  static result<subscriber> over(const detail::segment& s, const subscriber_options& options = {}) {
    return made(base::over(s, options), s.files().topic.view());
  }

  /// What comes next. Frames stay readable until they are released.
  [[nodiscard]] LEVADA_INLINE turn<frame> read() {
    count_ = 0;
    if (!status_) [[unlikely]]
      return {};
    const auto came = base::read();
    if (came.signal != nullptr) [[unlikely]]
      return {{}, came.signal, came.lost};
    find_frames(came.events);
    if (count_ == 0 && !came.events.empty()) [[unlikely]]
      end(came.events);
    return {{found_, count_}, nullptr, came.lost};
  }
  /// The first n frames of the last turn are done with.
  LEVADA_INLINE void release(std::size_t n) {
    LEVADA_CHECK(n <= count_, n);
    if (n == 0) return;
    const frame& last = found_[n - 1];
    base::release(static_cast<std::size_t>(last.data - found_[0].data) / detail::frame_word_bytes +
                  detail::words_of_frame(last.length));
    count_ = 0;
  }

  /// Why the subscription has ended before its time, if it has.
  [[nodiscard]] result<> status() const { return status_ ? base::status() : status_; }
  /// No turn has frames of more bytes in all, with what lies between them: an eighth of the ring.
  [[nodiscard]] std::size_t most_bytes_a_turn() const {
    return static_cast<std::size_t>((this->mask_ + 1) / 8 * detail::frame_word_bytes);
  }
  /// Frames that could not be.
  [[nodiscard]] std::uint64_t damaged() const { return status_ ? 0u : 1u; }

  [[nodiscard]] bool ready() const { return !status_ || base::ready(); }
  [[nodiscard]] bool park() { return status_ && base::park(); }
  void lie_down() {
    if (status_) base::lie_down();
  }
  [[nodiscard]] bool stays(bool fenced) { return status_ && base::stays(fenced); }
  void unpark(bool timed_out = false) {
    if (status_) base::unpark(timed_out);  // else its place may be another's
  }
  [[nodiscard]] bool wait(duration timeout) { return status_ && base::wait(timeout); }

  // Positions and losses are counted in words, also in a turn.
  using base::covering, base::epoch, base::leave, base::lost, base::lost_records, base::patience, base::position, base::producer,
      base::producer_alive, base::producer_pid, base::rescued, base::time, base::unread, base::wake_fd;

 private:
  using words = std::span<const word<std::uint64_t>>;
  subscriber(base&& below, std::string_view name) : base(std::move(below)), topic_(name) {}
  static result<subscriber> made(result<base> below, std::string_view name) {
    return below ? subscriber(std::move(*below), name) : result<subscriber>(below.error());
  }

  /// Each length is copied once, and bounded by what was accepted before anything is made of it. The last frame may go on
  /// beyond an eighth of the ring, which is all that a turn shows; the first never does.
  /// Behind a branch the processor takes the next frame to be as long as this one, and fetches many headers at once; with a
  /// conditional move each would wait for the one before it.
  LEVADA_INLINE void find_frames(words all) {
    std::size_t n = 0, step = 0;
    for (std::size_t at = 0; at < all.size() && n < most_frames; ++n, at += step) {
      const auto header = all[at].relaxed();
      const auto length = static_cast<std::uint32_t>(header);
      const auto size = detail::words_of_frame(length);
      if (size > all.size() - at) [[unlikely]]
        break;
      found_[n] = {reinterpret_cast<const std::byte*>(&all[at] + 1), length, static_cast<std::uint32_t>(header >> 32)};
      if (size != step) [[unlikely]] {
        step = static_cast<std::size_t>(size);
        asm volatile("" : "+r"(step));  // stays a branch
      }
    }
    count_ = n;
  }
  LEVADA_COLD void end(words all) {
    status_ = fault::of(failure::data, "topic '", topic_, "' is damaged: its frame at ", base::position(), " says that it has ",
                        static_cast<std::uint32_t>(all[0].relaxed()), " bytes, and at most ",
                        (all.size() - 1) * detail::frame_word_bytes, " are there: stop its users and remove it");
    base::leave();
  }

  frame found_[most_frames];
  std::size_t count_ = 0;
  result<> status_;
  text<96> topic_;
};

}  // namespace levada::inline v0
