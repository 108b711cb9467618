// SPDX-License-Identifier: BSL-1.0
// model_document: what a loader has read, and the memory of it. Models are made from its parts; afterwards it may go.
#pragma once

#include <levada/wire/model_parts.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace levada::inline v0 {

/// Holds  model_parts, and everything that they look at. It moves with its memory, so views of its parts stay good.
/// Costs  an allocation for each thing kept.
class model_document {
 public:
  model_parts parts{};

  model_document() = default;
  model_document(model_document&& other) noexcept
      : parts(std::exchange(other.parts, {})), blocks_(std::exchange(other.blocks_, {})) {}
  model_document& operator=(model_document&& other) noexcept {
    std::swap(parts, other.parts);
    std::swap(blocks_, other.blocks_);
    return *this;
  }

  /// A copy of these values that lives as long as the document.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  std::span<const T> keep(const std::vector<T>& values) {
    if (values.empty()) return {};
    const auto& block = blocks_.emplace_back(new std::byte[values.size() * sizeof(T)]);
    std::memcpy(block.get(), values.data(), values.size() * sizeof(T));
    return {reinterpret_cast<const T*>(block.get()), values.size()};
  }
  std::string_view keep(std::string_view words) {
    const auto kept = keep(std::vector<char>(words.begin(), words.end()));
    return {kept.data(), kept.size()};
  }

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

}  // namespace levada::inline v0
