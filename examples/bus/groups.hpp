// SPDX-License-Identifier: BSL-1.0
// groups: what is told of a topic in partitions.
#pragma once

#include "catalog.hpp"

#include <levada/core/result.hpp>

#include <string>

namespace tool {

namespace lv = levada;

/// Is it one?
bool is_partitioned(const address& at);

/// Its groups: members, positions and lag. As a table, or as one object a line.
lv::result<std::string> groups_of(const address& at, bool as_json);

}  // namespace tool
