// SPDX-License-Identifier: BSL-1.0
// cost: what levada costs a user's build, with the compiler that is named. Runs in the root of the project.
//   bench_cost COMPILER NAME [ROUNDS]   NAME is what the rows call it
#include "../tests/cost/compile.hpp"
#include "sample.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

int main(int argc, char** argv) {
  if (argc < 3) return std::fputs("bench_cost COMPILER NAME [ROUNDS]\n", stderr), 64;
  const std::string compiler = argv[1], name = argv[2];
  const long rounds = argc > 3 ? std::strtol(argv[3], nullptr, 10) : 3;
  const support::folder scratch;
  bool all_compiled = true;
  const auto tell = [&](std::string of, std::string metric, std::string unit, double value, std::string note = {}) {
    bench::print({.name = std::move(of),
                  .metric = std::move(metric),
                  .unit = std::move(unit),
                  .value = value,
                  .note = std::move(note),
                  .compiler = name,
                  .flags = "-O2"});
  };
  const auto tell_compilation = [&](const std::string& of, const std::filesystem::path& source) {
    const support::cost c = support::compile(compiler, {"-c", source, "-o", scratch.path / "out.o"});
    all_compiled &= c.succeeded;
    if (!c.succeeded) return;
    tell(of, "seconds", "s of the processor", c.seconds);
    tell(of, "memory", "MiB", static_cast<double>(c.mebibytes));
  };
  const auto tell_lines = [&](const std::string& of, const std::filesystem::path& source) {
    const auto lines = support::preprocessed_lines(compiler, source);
    all_compiled &= lines.has_value();
    if (lines) tell(of, "lines", "lines", static_cast<double>(*lines), "after the preprocessor, without blanks and markers");
  };

  const std::filesystem::path core = "tests/cost/one_operator.cpp", umbrella = scratch.path / "umbrella.cpp";
  std::ofstream(umbrella) << "#include <levada/levada.hpp>\n";
  tell_lines("cost/include/core", core);
  tell_lines("cost/include/umbrella", umbrella);
  for (long i = 0; i < rounds; ++i) {
    tell_compilation("cost/include/core", core);
    tell_compilation("cost/include/umbrella", umbrella);
    tell_compilation("cost/graph/30mixed", "tests/cost/mixed_graph.cpp");
    for (const int operators : {10, 30, 100}) {
      const auto graph = scratch.path / "graph.cpp";
      support::write_graph(graph, operators);
      tell_compilation("cost/graph/" + std::to_string(operators) + "ops", graph);
    }
  }
  return all_compiled ? 0 : 1;
}
