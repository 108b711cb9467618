// SPDX-License-Identifier: BSL-1.0
// compile: what a compiler takes for a file: seconds, memory, lines. tests/cost holds the library to it, bench/cost tells it.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace support {

namespace fs = std::filesystem;

struct folder {
  fs::path path;
  folder() {
    std::string pattern = fs::temp_directory_path() / "levada-cost-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~folder() { fs::remove_all(path); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
};

struct cost {
  bool succeeded;
  double seconds;  // of the processor: a busy machine does not add to them
  long mebibytes;
};

/// Runs the compiler with these arguments, in the root of the project; its errors appear on standard error.
inline cost compile(const std::string& compiler, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {compiler, "-std=c++20", "-O2", "-Iinclude"});
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const pid_t child = fork();
  if (child == 0) {
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};  // of the driver and of the largest process that it waited for
  const bool waited = child > 0 && wait4(child, &status, 0, &usage) == child;
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return {waited && WIFEXITED(status) && WEXITSTATUS(status) == 0, seconds(usage.ru_utime) + seconds(usage.ru_stime),
          usage.ru_maxrss / 1024};
}

/// Lines after the preprocessor, without blank ones and line markers.
inline std::optional<long> preprocessed_lines(const std::string& compiler, const fs::path& source) {
  const folder scratch;
  const auto output = scratch.path / "preprocessed";
  if (!compile(compiler, {"-E", source, "-o", output}).succeeded) return {};
  std::ifstream file(output);
  long lines = 0;
  for (std::string line; std::getline(file, line);)
    if (line.find_first_not_of(" \t") != std::string::npos && line[0] != '#') ++lines;
  return lines;
}

/// A chain of `operators` operators between a source and a sink, no two alike.
inline void write_graph(const fs::path& path, int operators) {
  std::ofstream out(path);
  out << "#include <levada/flow/flow.hpp>\n#include <levada/op/filter.hpp>\n#include <levada/op/map.hpp>\n"
         "#include <levada/sink/to.hpp>\n#include <levada/source/from.hpp>\n#include <levada/source/values.hpp>\n"
         "namespace lv = levada;\n"
         "long run(std::span<const double> input) {\n"
         "  double sum = 0;\n"
         "  auto flow = lv::flow(lv::from(lv::values(input))\n";
  for (int i = 0; i < operators; ++i) {
    if (i % 2 == 0)
      out << "    | lv::map<\"scale " << i << "\">([](double v) { return v * 1.01 + " << i << "; })\n";
    else
      out << "    | lv::filter<\"below " << i << "\">([](double v) { return v < 1e9 + " << i << "; })\n";
  }
  out << "    | lv::to([&](double v) { sum += v; }));\n"
         "  if (!flow.open()) return -1;\n"
         "  while (flow.poll() != lv::polled::end) {}\n"
         "  return static_cast<long>(sum);\n"
         "}\n";
}

}  // namespace support
