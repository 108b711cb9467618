// SPDX-License-Identifier: BSL-1.0
// board: reads the samples of every room (FOLDER/<room>.samples), writes the rows (FOLDER/<room>.json), prints a table, and
// renews the tables and the plot in the documentation.
#include "board.hpp"
#include "plot.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::string_view help = R"(bench_board FOLDER [DOCS]
  Reads FOLDER/<room>.samples, writes FOLDER/<room>.json, and prints the rows.
  With DOCS, renews the tables of those rooms in DOCS/benchmarks.md and the plot DOCS/benchmarks.svg.
  Says which promises were missed; that is no failure of the program.
)";

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3 || std::string_view(argv[1]) == "--help") {
    std::cout << help;
    return argc == 2 ? 0 : 64;
  }
  const fs::path folder = argv[1];
  std::vector<fs::path> files;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".samples") files.push_back(entry.path());
  std::ranges::sort(files);
  if (files.empty()) {
    std::cerr << "bench_board: " << folder.string() << " holds no samples; run bench/run first\n";
    return 66;
  }

  std::string page;
  const fs::path docs = argc > 2 ? argv[2] : "";
  if (argc > 2) {
    std::ifstream in(docs / "benchmarks.md");
    page.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::vector<bench::row> all;
  for (const fs::path& file : files) {
    std::ifstream in(file);
    const std::vector<bench::row> rows = bench::rows_of(bench::read_samples(in));
    std::ofstream json(fs::path(file).replace_extension(".json"));
    bench::write_json(json, rows);
    std::ostringstream table;
    bench::write_table(table, rows);
    std::cout << table.str() << '\n';
    page = bench::renewed(std::move(page), file.stem().string(), table.str());
    all.insert(all.end(), rows.begin(), rows.end());
    if (!json) {
      std::cerr << "bench_board: could not write the rows of " << file.string() << '\n';
      return 74;
    }
  }
  for (const bench::row& r : all)
    if (r.is_missed())
      std::cout << "missed: " << r.of.name << ' ' << r.of.metric << " (" << r.of.compiler << ", " << r.of.state
                << "): " << bench::figure(r.ratio) << " of " << r.peer_name << ", the floor is " << bench::figure(r.floor)
                << '\n';
  if (argc > 2) {
    std::ofstream(docs / "benchmarks.md") << page;
    std::ofstream plot(docs / "benchmarks.svg");
    bench::write_plot(plot, all);
  }
}
