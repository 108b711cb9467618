// SPDX-License-Identifier: BSL-1.0
// The scoreboard from end to end, in short: two cases of flow, whose results are compared with those of the hand loops, and the
// board over what they have printed.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#ifdef LEVADA_BENCH_FLOW

namespace {

namespace fs = std::filesystem;

struct folder {
  fs::path path;
  folder() {
    std::string pattern = fs::temp_directory_path() / "levada-board-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~folder() { fs::remove_all(path); }
};

bool runs(const std::string& command) { return std::system(command.c_str()) == 0; }
std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("bench: flows come to the results of the hand loops, and their times become rows") {
  const folder out;
  const std::string samples = out.path / "flow.samples";
  REQUIRE(runs(LEVADA_BENCH_FLOW " '--benchmark_filter=flow/(a|c):' --benchmark_repetitions=2 --benchmark_min_time=0.01 >" +
               samples));
  REQUIRE(runs(LEVADA_BENCH_FLOW " --counted flow/a levada 4 2621440 >>" + samples));
  REQUIRE(runs(LEVADA_BENCH_BOARD " " + out.path.string() + " >" + (out.path / "said").string()));

  const std::string json = text_of(out.path / "flow.json");
  CHECK(json.find("{\"case\":\"flow/a\",\"metric\":\"time\",\"unit\":\"ns/event\",\"better\":\"less\",\"levada\":") != json.npos);
  CHECK(json.find("{\"case\":\"flow/c\",\"metric\":\"time\"") != json.npos);
  CHECK(json.find("\"peer_name\":\"hand-loop\",\"ratio\":") != json.npos);
  CHECK(json.find("\"metric\":\"instructions\",\"unit\":\"an event\",\"better\":\"less\",\"levada\":10,") != json.npos);
  CHECK(json.find("flow/b") == json.npos);
  CHECK(text_of(out.path / "said").find("| flow/c") != std::string::npos);
}

TEST_CASE("bench: what cannot be done is said, and is no success") {
  CHECK(!runs(LEVADA_BENCH_FLOW " --count flow/z nobody 1 2>/dev/null"));
  CHECK(!runs(LEVADA_BENCH_BOARD " /nowhere 2>/dev/null"));
}

#else

TEST_CASE("bench: Google Benchmark is not installed, or this is no release tree") {
  MESSAGE("skipped: the programs of bench/ are not built here");
}

#endif
