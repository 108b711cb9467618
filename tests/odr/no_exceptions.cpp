// SPDX-License-Identifier: BSL-1.0
#include "shared.hpp"

int sum_without_exceptions(std::span<const int> values) { return run_here(values); }
