// SPDX-License-Identifier: BSL-1.0
// free_list: numbers of blocks that may be free, in Boost.Lockfree's stack, in memory that processes share. It says where to look
// first, and is believed in nothing.
//
// The stack lies in an array of nodes, and two words say which node is on top: of the numbers, and of the nodes that are not
// used. Either is an index of 16 bits and a tag of 16 bits, changed by compare-and-swap. So a process that is killed between two
// instructions leaves both words whole; at worst a node is in neither of the two lists, or a block's number is in none. One that
// sleeps in the middle of a pop while the tag goes round once, 65536 pops, takes a node that is on top again for untouched: then
// numbers are lost, or come twice. And anybody who may write to the pool may write nonsense. None of that matters:
//   * A number that was popped is a place to look. A block is taken by a compare-and-swap of its owner word, from nobody to me,
//   so
//     a number that comes twice is of use to one.
//   * A free block whose number is not here is found by going through the owner words, and is here again when it is let go of.
//   * An operation follows one index, and is repeated only when somebody else has changed the word. It ends whatever lies there.
//   * No index of 16 bits leads out of the mapping: behind the file's pages it goes on with private ones (`reach`).
// Therefore it is also rebuilt under everybody's feet: made anew aside, and copied over. What others push or pop meanwhile may
// be lost, or come twice, and see above.
#pragma once

#if __has_include(<boost/lockfree/stack.hpp>)

#include <levada/connect/detail/pool_layout.hpp>
#include <levada/core/config.hpp>
#include <levada/os/mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <new>

// The stack looks into a node that another one may be writing, and finds out by compare-and-swap: no race for the race detector.
#if defined(__clang__) && defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LEVADA_QUIET_RACES 1
#endif
#endif
#if defined(LEVADA_QUIET_RACES)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wignored-attributes"  // of standard headers that were included before
#pragma clang attribute push(__attribute__((no_sanitize("thread"))), apply_to = function)
#endif
#include <boost/lockfree/policies.hpp>
#include <boost/lockfree/stack.hpp>
#if defined(LEVADA_QUIET_RACES)
#pragma clang attribute pop
#pragma clang diagnostic pop
#endif
#undef LEVADA_QUIET_RACES

namespace levada::inline v0::detail {

class free_list {
  template <std::size_t Nodes>
  using stack = boost::lockfree::stack<std::uint16_t, boost::lockfree::capacity<Nodes>, boost::lockfree::fixed_sized<true>>;

  static constexpr std::size_t nodes = 2 * most_blocks;  // twice what is needed: a kill may cost one
  static constexpr std::size_t node_bytes = (sizeof(stack<nodes>) - sizeof(stack<nodes / 2>)) / (nodes / 2);

 public:
  static constexpr std::size_t bytes = round_up(sizeof(stack<nodes>), sizeof(std::uint64_t));
  static constexpr std::size_t reach = bytes + 65'536 * node_bytes;

  free_list() = default;
  /// Over `reach` bytes that were filled by rebuild once.
  explicit free_list(std::byte* at) : at_(at) {}

  /// False, and nothing comes of it, where the nodes are all gone.
  bool push(std::uint32_t block) const { return in(at_).bounded_push(static_cast<std::uint16_t>(block)); }
  bool pop(std::uint32_t& block) const { return in(at_).pop(block); }

  /// All blocks for which is_free(block), the first of them on top. Where there is no memory for it the list stays as it is.
  template <class IsFree>
  LEVADA_COLD void rebuild(std::uint32_t blocks, IsFree is_free) const {
    auto aside = mapping::memory(bytes);
    if (!aside) return;
    auto& fresh = *::new (static_cast<void*>(aside->base())) stack<nodes>;
    for (auto i = blocks; i-- > 0;)
      if (is_free(i)) fresh.bounded_push(static_cast<std::uint16_t>(i));
    const auto* from = reinterpret_cast<const std::uint64_t*>(aside->base());
    auto* to = reinterpret_cast<std::uint64_t*>(at_);
    for (std::size_t i = 0; i < bytes / sizeof *to; ++i) __atomic_store_n(to + i, from[i], __ATOMIC_RELEASE);
  }

 private:
  static stack<nodes>& in(std::byte* at) { return *std::launder(reinterpret_cast<stack<nodes>*>(at)); }

  std::byte* at_ = nullptr;
};

}  // namespace levada::inline v0::detail

#endif
