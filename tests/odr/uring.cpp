// SPDX-License-Identifier: BSL-1.0
#include "shared.hpp"

static_assert(LEVADA_URING);

int sum_with_uring(std::span<const int> values) { return run_here(values); }
