// SPDX-License-Identifier: BSL-1.0
// detector: runs levada's default detector over every series below a folder, each from its beginning, and writes the scores into
// files of the same names. See docs/detectors.md.
#include "series_file.hpp"

#include <levada/flow/flow.hpp>
#include <levada/model/detect.hpp>
#include <levada/model/novelty.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>

#include <chrono>
#include <cstdio>
#include <string_view>
#include <system_error>

namespace {

namespace lv = levada;
namespace fs = std::filesystem;
using detector::row;

constexpr const char* help = R"(detector DATA_DIR OUT_DIR
  Judges every series below DATA_DIR: .csv files with the columns `timestamp` and `value`, oldest row first. Writes
  `timestamp,anomaly_score` with a row for each of theirs to the same names below OUT_DIR: 0 to 1, from 0.5 on an alarm.
  Every series gets the same detector, without settings; no score depends on a later row. A file that cannot be read is named,
  and the others are judged nevertheless. OUT_DIR may lie below DATA_DIR; it is not judged.
)";

struct total {
  std::size_t files = 0, rows = 0, alarms = 0;
  std::chrono::nanoseconds took{};
};

lv::result<> judge(const fs::path& from, const fs::path& to, total& sum) {
  const auto rows = detector::read_series(from);
  if (!rows) return rows.error();
  std::vector<float> scores;
  scores.reserve(rows->size());
  std::size_t alarms = 0;
  auto flow = lv::flow(lv::from(lv::input<row>()) | lv::detect<"novelty">(&row::time, &row::value, lv::novelty{}) |
                       lv::to([&](const lv::judged<row>& s) {
                         scores.push_back(s.score);
                         alarms += s.alarm ? 1 : 0;
                       }));
  if (auto opened = flow.open(); !opened) return opened;
  const auto begin = std::chrono::steady_clock::now();
  flow.push(*rows);
  sum.took += std::chrono::steady_clock::now() - begin;
  sum.rows += rows->size();
  sum.alarms += alarms;
  ++sum.files;
  return detector::write_scores(to, *rows, scores);
}

int tell(const lv::fault& what) {
  std::fprintf(stderr, "detector: %s\n", what.sentence.c_str());
  return what.exit_code();
}

/// The program's exit code: of what went wrong first. The other files are judged nevertheless.
int judge_all(const fs::path& data, const fs::path& out) {
  std::error_code none;  // of a folder that is not there yet
  if (fs::equivalent(data, out, none))
    return tell(lv::fault::of(lv::failure::usage, out.c_str(), ": the scores would replace the data; name another folder"));
  const auto files = detector::series_below(data, out);
  if (!files) return tell(files.error());
  total sum;
  int code = 0;
  for (const fs::path& file : *files)
    if (const auto done = judge(data / file, out / file, sum); !done) {
      const int failed = tell(done.error());
      code = code == 0 ? failed : code;
    }
  const double each = sum.rows == 0 ? 0 : static_cast<double>(sum.took.count()) / static_cast<double>(sum.rows);
  std::printf("%zu files, %zu rows, %zu alarms; %.0f ns an event\n", sum.files, sum.rows, sum.alarms, each);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") return std::fputs(help, stdout), 0;
  if (argc != 3) return std::fputs("detector: takes two folders: detector DATA_DIR OUT_DIR; --help says more\n", stderr), 64;
  return judge_all(argv[1], argv[2]);
}
