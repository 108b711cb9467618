// SPDX-License-Identifier: BSL-1.0
// ring_of: what the type argument of a topic chooses at compile time: the kind of its ring, and what its slots hold.
#pragma once

#include <levada/bus/layout.hpp>
#include <levada/wire/descriptor.hpp>

namespace levada::inline v0::detail {

class producer;
class consumer;

/// Events as they are, packed: a stream ring. bus/line.hpp and bus/frames.hpp have others.
template <class T>
struct ring_of {
  static constexpr ring_kind kind = ring_kind::stream;
  using event_type = T;
  using slot_type = T;
  using producer_type = producer;
  using consumer_type = consumer;
  static const T& event_in(const T& slot) { return slot; }
  static descriptor_view description() { return describe<T>(); }
};

/// Has a topic of this type a ring for each of many producers? bus/many.hpp says so of its own.
template <class T>
inline constexpr bool has_many = false;

}  // namespace levada::inline v0::detail
