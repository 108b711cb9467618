// SPDX-License-Identifier: BSL-1.0
// expect: sealed_topic: its producer is the one who has made it
#include <levada/bus/many.hpp>
#include <levada/bus/sealed.hpp>

struct reading {
  double value;
};

#ifdef LEVADA_WRONG
using ring = levada::many<reading>;
#else
using ring = reading;
#endif

constexpr auto bytes = sizeof(levada::sealed_topic<ring>);  // here
static_assert(bytes > 0);
