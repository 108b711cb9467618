// SPDX-License-Identifier: BSL-1.0
// family: the rings of a topic of many producers: how they are made, all or, after a death in between, the rest; and where a
// producer finds a place. The lock of the topic's own name is the family's: who makes or removes one of its rings in the name of
// all holds it, and takes those of the rings below it.
#pragma once

#include <levada/bus/detail/files.hpp>
#include <levada/bus/detail/ring_of.hpp>
#include <levada/bus/layout.hpp>
#include <levada/bus/segment.hpp>
#include <levada/bus/topic.hpp>
#include <levada/core/concepts.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/os/file.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace levada::inline v0 {

template <wire_event Ring>
struct many;

namespace detail {

/// Had this ring a producer that went away, or was killed, and has not said the end?
inline bool is_broken_off(const ring_view& r) {
  const auto lane = r.control->lane_head.acquire();  // pairs with the release in producer::append
  if (r.control->producer_pid.relaxed() == 0) return false;
  return lane == r.measure.first_sequence || r.record(lane - 1).kind() != lane_kind::end;
}

/// Holds  the family's lock: whoever has it may rely on all rings being there.
template <class Ring>
class family {
 public:
  static result<family> open_or_make(const topic<many<Ring>>& where) {
    auto files = where.files();
    if (!files) return files.error();
    const auto wished = where.options().producers;
    if (wished == 0 || wished > most_producers)
      return fault::of(failure::usage, "topic '", where.name(), "' is to have ", wished, " producers: 1 to ", most_producers,
                       " is possible");
    if (where.name().size() + 4 > sizeof(topic_files::topic))
      return fault::of(failure::usage, "the name of topic '", where.name(),
                       "' is too long for many producers: ", sizeof(topic_files::topic) - 4, " characters at most");
    auto lock = lock_topic(*files, true);
    if (!lock) return lock.error();
    if (has_ring(*files))
      return fault::of(failure::data, "topic '", where.name(), "' has one producer: name it as topic<T>, not as topic<many<T>>, ",
                       "or use another topic");
    const auto there = producers_of(*files);
    family made(where, std::move(*lock), there != 0 ? there : wished);
    if (auto all = made.make(*files); !all) return all.error();
    return made;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] topic<Ring> topic_at(std::size_t i) const {
    return topic<Ring>(of_, {static_cast<std::uint32_t>(i), size_}, of_.options());
  }
  [[nodiscard]] bool is_broken_off(std::size_t i) const {
    const auto files = topic_at(i).files();
    const auto s = files ? segment::open(*files, side::subscriber) : result<segment>(files.error());
    return s && detail::is_broken_off(s->view());
  }

 private:
  family(const topic<many<Ring>>& of, file&& lock, std::uint32_t size) : of_(of), lock_(std::move(lock)), size_(size) {}

  /// The first ring is the model of those that are missing, whoever makes them.
  result<> make(const topic_files& files) {
    const auto first = files.of_place(0);
    auto lock = segment::open_or_make(first, of_.options(), ring_of<Ring>::description(), ring_of<Ring>::kind, {0, size_});
    if (!lock) return lock.error();
    auto model = segment::open(first, side::subscriber);
    if (!model) return model.error();
    const auto& m = model->view().measure;
    auto options = of_.options();
    options.capacity = m.capacity;
    options.grain = m.grain;
    options.first_sequence = m.first_sequence;
    for (std::uint32_t i = 1; i < size_; ++i)
      if (auto other = segment::open_or_make(files.of_place(i), options, model->descriptor(), m.kind, {i, size_}); !other)
        return other.error();
    return {};
  }

  topic<many<Ring>> of_;
  file lock_;
  std::uint32_t size_;
};

/// Both sides of all rings over one mapping each, in one process.
class family_rings {
 public:
  template <class Ring>
  static result<family_rings> open_both(const topic<many<Ring>>& where) {
    auto all = family<Ring>::open_or_make(where);
    if (!all) return all.error();
    family_rings made;
    made.name_ = where.name();
    for (; made.size_ < all->size(); ++made.size_) {
      auto one = segment::open_both(all->topic_at(made.size_));
      if (!one) return one.error();
      made.rings_[made.size_] = std::move(*one);
    }
    return made;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view name() const { return name_.view(); }
  [[nodiscard]] const segment& operator[](std::size_t i) const { return rings_[i]; }

 private:
  segment rings_[most_producers];
  std::size_t size_ = 0;
  text<96> name_;
};

}  // namespace detail

}  // namespace levada::inline v0
