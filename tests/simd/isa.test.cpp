// SPDX-License-Identifier: BSL-1.0
#include <levada/simd/isa.hpp>

#include <doctest/doctest.h>

#include <cstdlib>

namespace lv = levada;

TEST_CASE("the program itself always runs, and what needs more needs the lesser too") {
  CHECK(lv::runs_here(lv::isa::baseline));
  if (lv::runs_here(lv::isa::avx512)) CHECK(lv::runs_here(lv::isa::avx2));
  if (lv::runs_here(lv::isa::avx2)) CHECK(lv::runs_here(lv::isa::sse4_2));
}

TEST_CASE("the environment may ask for less") {
  const char* before = std::getenv("LEVADA_ISA");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("LEVADA_ISA", "sse4_2", 1);
  CHECK(lv::greatest_isa() == lv::isa::sse4_2);
  ::setenv("LEVADA_ISA", "mmx", 1);
  CHECK(lv::greatest_isa() == lv::isa::avx512);
  ::setenv("LEVADA_ISA", kept.c_str(), 1);
  if (kept.empty()) CHECK(lv::greatest_isa() == lv::isa::avx512);
}
