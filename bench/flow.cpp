// SPDX-License-Identifier: BSL-1.0
// flow: fused flows beside the loops that an expert would write for the same work. How it is called: see loops.hpp.
#include "loops.hpp"

#include <vector>

namespace {

using namespace bench;

std::vector<contestant> contestants() {
  return {
      one<fused<a::make>>("flow/a", "levada"),
      one<a::hand>("flow/a", "hand-loop"),
      one<fused<b::make>>("flow/b", "levada"),
      one<b::hand>("flow/b", "hand-loop"),
      one<fused<c::make>>("flow/c", "levada"),
      one<c::hand>("flow/c", "hand-loop"),
      one<fused<d::make>>("flow/d", "levada"),
      one<d::hand>("flow/d", "hand-loop"),
      one<fused<a::make>>("flow/counted", "levada"),
      one<fused<a_uncounted::make>>("flow/counted", "uncounted"),
      one<fused<a_select::make>>("flow/select", "levada"),
      one<fused<a::make>>("flow/select", "filter"),
      one<fused<sensor::make>>("flow/sensor", "levada"),
      one<sensor::hand>("flow/sensor", "hand-loop"),
      one<fused<b_by_table::make>>("flow/b/table", "levada"),
      one<b_by_table::hand>("flow/b/table", "hand-loop"),
      one<fused<c_by_table::make>>("flow/c/table", "levada"),
      one<c_by_table::hand>("flow/c/table", "hand-loop"),
      one<fused<sensor_by_table::make>>("flow/sensor/table", "levada"),
      one<sensor_by_table::hand>("flow/sensor/table", "hand-loop"),
  };
}

}  // namespace

int main(int argc, char** argv) { return bench::run_loops(argc, argv, contestants(), bench::readings()); }
