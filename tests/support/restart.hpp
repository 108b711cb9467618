// SPDX-License-Identifier: BSL-1.0
// restart: the smallest archive that an operator's persist() may meet, and an operator that raises watermarks from what passes.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/signal.hpp>
#include <levada/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

namespace support {

/// Bytes, one after the other; what was saved is loaded in the same order.
struct byte_archive {
  std::vector<std::byte> bytes{};
  bool loading = false;
  std::size_t at = 0;

  template <class... T>
  void operator()(T&... values) {
    (one(values), ...);
  }

 private:
  template <class T>
  void one(T& value) {
    if constexpr (requires { value.persist(*this); }) {
      value.persist(*this);
    } else if constexpr (requires { value.resize(value.size()); }) {
      std::size_t size = value.size();
      raw(&size, sizeof size);
      if (loading) value.resize(size);
      raw(value.begin(), size * sizeof *value.begin());
    } else {
      static_assert(std::is_trivially_copyable_v<T>);
      raw(&value, sizeof value);
    }
  }
  void raw(void* p, std::size_t size) {
    if (size == 0) return;
    if (loading) {
      std::memcpy(p, bytes.data() + at, size);
      at += size;
    } else {
      const auto* begin = static_cast<const std::byte*>(p);
      bytes.insert(bytes.end(), begin, begin + size);
    }
  }
};

/// What `from` holds goes on in `to`, which has been started.
template <class Operator>
void carry_over(Operator& from, Operator& to) {
  byte_archive archive;
  from.persist(archive);
  archive.loading = true;
  to.persist(archive);
  if constexpr (requires { to.restored(); }) to.restored();
}

/// make(output) gives a flow that writes to a vector. What is written when each event comes at its own time and the flow, whose
/// operator of that name is carried over, is stopped and another one goes on: before the first event, between two, or behind the
/// last. Keys must be dense, so that their slots are the same.
template <levada::fixed_string Name, class Out, class E, class Make>
std::vector<Out> outcome_of_two(const std::vector<E>& events, std::size_t stop, Make&& make) {
  std::vector<Out> output;
  auto first = make(output), second = make(output);
  if (!first.open() || !second.open()) return {};
  const auto feed = [](auto& flow, const E& e) {
    flow.advance(e.time);
    flow.push(e);
  };
  for (std::size_t i = 0; i < stop; ++i) feed(first, events[i]);
  if (stop > 0) second.advance(events[stop - 1].time);
  carry_over(first.template at<Name>(), second.template at<Name>());
  for (std::size_t i = stop; i < events.size(); ++i) feed(second, events[i]);
  second.finish();
  return output;
}

/// Passes events on, and after every n-th says that nothing older than the newest time minus `bound` is expected.
template <class Time>
struct watermarks_operator {
  static constexpr std::string_view kind = "watermarks";
  static constexpr std::string_view name = "watermarks";
  Time time;
  std::uint32_t each;
  levada::duration bound;
  std::uint32_t seen = 0;
  levada::timestamp newest = levada::long_ago;

  template <class E>
  using output = E;
  template <class>
  static consteval bool fits() {
    return true;
  }
  void operator()(const auto& e, auto out) {
    const levada::timestamp t = levada::pick(time, e);
    if (t > newest) newest = t;
    out(e);
    if (++seen % each == 0) out.raise(levada::watermark{newest - bound});
  }
};
template <class Time>
auto watermarks(Time time, std::uint32_t each, levada::duration bound = {}) {
  return levada::link{watermarks_operator<Time>{time, each, bound}};
}

}  // namespace support
