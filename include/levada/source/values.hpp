// SPDX-License-Identifier: BSL-1.0
// values: a source over events that are in memory already. It ends when they do.
#pragma once

#include <levada/core/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace levada::inline v0 {

/// Emits  the events of a span, in order, in spans of at most the budget; then the end.
/// Holds  a view: the events must outlive the flow.
/// Costs  nothing an event.
template <event E>
class values {
 public:
  using event_type = E;

  explicit constexpr values(std::span<const E> events) : events_(events) {}

  [[nodiscard]] polled poll(auto out, std::size_t budget) {
    if (at_ == events_.size()) return polled::end;
    const std::size_t n = budget < events_.size() - at_ ? budget : events_.size() - at_;
    const auto part = events_.subspan(at_, n);
    at_ += n;
    out(part);
    return polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return at_; }
  [[nodiscard]] result<> seek(std::uint64_t position) {
    if (position > events_.size())
      return fault::of(failure::data, "values: position ", position, " lies behind the last of ", events_.size(), " events");
    at_ = static_cast<std::size_t>(position);
    return {};
  }

 private:
  std::span<const E> events_;
  std::size_t at_ = 0;
};
template <class E, std::size_t N>
values(std::span<E, N>) -> values<std::remove_const_t<E>>;

}  // namespace levada::inline v0
