// SPDX-License-Identifier: BSL-1.0
// boundary: where a flow goes on on another thread. Between the two lies an anonymous topic: the same ring, the same lane,
// the same batches and back-pressure as between processes.
#pragma once

#include <levada/core/concepts.hpp>
#include <levada/core/fixed_string.hpp>
#include <levada/core/pack.hpp>
#include <levada/flow/detail/ends.hpp>
#include <levada/flow/staged_graph.hpp>
#include <levada/os/thread.hpp>

#include <type_traits>

namespace levada::inline v0 {

namespace detail {

/// What a chain holds until the flow splits it.
template <fixed_string Name, class E>
struct stage_boundary {
  static constexpr fixed_string name = Name;
  core on{};
  overflow when_full{};
  template <class>
  using output = E;

  constexpr auto ends() && {
    return pack<stage_outlet<Name, E>, stage_inlet<Name, E>>{{stage_outlet<Name, E>{when_full}}, {stage_inlet<Name, E>{on}}};
  }
};

template <fixed_string Name>
struct stage_description {
  core on{};
  overflow when_full{};

  template <class E>
  static consteval bool fits() {
    constexpr bool copies = std::is_trivially_copyable_v<payload_type<E>>;
    static_assert(copies, "stage: events that go to another thread must be trivially copyable; hold text<N> for a string");
    return copies;
  }
  template <class E>
  constexpr auto bind() && {
    return stage_boundary<Name, payload_type<E>>{on, when_full};
  }
};

}  // namespace detail

/// Takes  events E, trivially copyable. What follows runs on a thread of its own, on the core that is named if one is. Stages
///        of one name run on one thread, so streams can meet there: merge("a"_s | stage<"sum">(), "b"_s | stage<"sum">()).
/// Emits  the same events, in spans; watermarks, barriers and the end in their places; processing time as it was above. A key
///        stays behind: key_by again where state is kept for each.
/// Holds  a ring of 4 MiB between the two threads (but 64 events at least, and 262 144 at most), in memory that has no name.
/// Fails  when the ring is full, the thread above waits: that is back-pressure. With overflow::drop_newest or drop_oldest nobody
///        waits, and `dropped` of the stage counts what was lost. A flow that fails on one thread ends on all.
///        At compile time, in a sentence: a way back to an earlier thread.
/// Costs  a copy of the event and its share of a batch: commits are made every 4 KiB and when the input runs dry. With
///        overflow::drop_oldest another copy, below.
template <fixed_string Name = "">
constexpr auto stage(core on = {}, overflow when_full = overflow::block) {
  return link{detail::stage_description<Name>{on, when_full}};
}
template <fixed_string Name = "">
constexpr auto stage(overflow when_full) {
  return stage<Name>(core{}, when_full);
}

}  // namespace levada::inline v0
