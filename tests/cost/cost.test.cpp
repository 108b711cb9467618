// SPDX-License-Identifier: BSL-1.0
// What the library costs a user's build. Lines and memory are the same on every machine and gate; seconds are told.
#include <doctest/doctest.h>

#include "compile.hpp"

#include <filesystem>
#include <fstream>
#include <string>

using namespace support;

TEST_CASE("a program of one operator includes at most 45 000 lines") {
  CHECK(compile(LEVADA_COMPILER, {"-fsyntax-only", "tests/cost/one_operator.cpp"}).succeeded);
  const long lines = preprocessed_lines(LEVADA_COMPILER, "tests/cost/one_operator.cpp").value();
  MESSAGE("cost: one operator: ", lines, " preprocessed lines");
  CHECK(lines <= 45'000);
}

TEST_CASE("levada.hpp is at most 70 000 lines") {
  if (!fs::exists("include/levada/levada.hpp")) return;
  const folder scratch;
  std::ofstream(scratch.path / "all.cpp") << "#include <levada/levada.hpp>\n";
  const long lines = preprocessed_lines(LEVADA_COMPILER, scratch.path / "all.cpp").value();
  MESSAGE("cost: levada.hpp: ", lines, " preprocessed lines");
  CHECK(lines <= 70'000);
}

TEST_CASE("a graph of 100 operators compiles in at most 600 MiB") {
  const folder scratch;
  write_graph(scratch.path / "graph.cpp", 100);
  const auto graph = compile(LEVADA_COMPILER, {"-c", scratch.path / "graph.cpp", "-o", scratch.path / "graph.o"});
  MESSAGE("cost: 100 operators with ", fs::path(LEVADA_COMPILER).filename().string(), " -O2: ", graph.seconds,
          " s of the processor (goal: 5), ", graph.mebibytes, " MiB");
  CHECK(graph.succeeded);
  CHECK(graph.mebibytes <= 600);
}

TEST_CASE("a graph of 30 operators with a join, a window, forks and a merge compiles in at most 600 MiB") {
  const folder scratch;
  const auto graph = compile(LEVADA_COMPILER, {"-c", "tests/cost/mixed_graph.cpp", "-o", scratch.path / "graph.o"});
  MESSAGE("cost: 30 operators of all kinds with ", fs::path(LEVADA_COMPILER).filename().string(), " -O2: ", graph.seconds,
          " s of the processor (goal: 6), ", graph.mebibytes, " MiB");
  CHECK(graph.succeeded);
  CHECK(graph.mebibytes <= 600);
}
