// SPDX-License-Identifier: BSL-1.0
// tree_reader: what loaders of trees have in common. Trees of a file are graphs until somebody has walked them; what is walked
// here is a tree, whatever the file says.
#pragma once

#include <levada/connect/model_document.hpp>
#include <levada/core/result.hpp>
#include <levada/wire/model_parts.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace levada::inline v0::detail {

/// A node as files have it: children are indices into the file's own nodes.
struct read_node {
  tree_node node{};  // left and right are not looked at
  bool leaf = true;
  std::size_t left = 0, right = 0;
  float cover = 0;
};

/// Trees on their way into a document.
struct read_trees {
  std::vector<tree_node> nodes;
  std::vector<std::uint32_t> trees;
  std::vector<float> covers;

  /// Copies the tree below `root`, parents before their children. `at(i)` is node i of `count`, or says what is wrong with it. A
  /// file whose nodes are reached twice would be walked for ever, or unfold without bounds: it runs out of `count` first.
  template <class At>
  result<> add(std::string_view format, std::size_t root, std::size_t count, std::uint32_t features, At&& at) {
    const auto number = trees.size();
    const auto wrong = [&](std::string_view what) { return fault::of(failure::data, format, ": tree ", number, ": ", what); };
    if (nodes.size() + count > std::numeric_limits<std::uint32_t>::max()) return wrong("the model has too many nodes");
    const auto begin = nodes.size();
    std::vector<std::size_t> sources{root};  // of the nodes that are copied or about to be
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (sources[i] >= count) return wrong("a child does not exist");
      result<read_node> from = at(sources[i]);
      if (!from) return from.error();
      auto node = from->node;
      if (from->leaf) {
        node.left = node.right = 0;
      } else {
        if (node.feature >= features) return wrong("a node asks for a feature that does not exist");
        if (sources.size() + 2 > count) return wrong("a node is reached twice");
        node.left = static_cast<std::uint32_t>(sources.size());
        node.right = node.left + 1;
        sources.push_back(from->left);
        sources.push_back(from->right);
      }
      if (std::isnan(node.threshold)) return wrong("a threshold or a leaf is not a number");
      nodes.push_back(node);
      covers.push_back(from->cover);
    }
    trees.push_back(static_cast<std::uint32_t>(begin));
    return {};
  }
};

/// A model has as many features as a node can name.
inline constexpr std::size_t most_features = std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1;
/// More outputs than this are not a model but a broken file.
inline constexpr std::size_t most_outputs = 65536;

}  // namespace levada::inline v0::detail
