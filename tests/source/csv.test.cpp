// SPDX-License-Identifier: BSL-1.0
#include <levada/source/csv.hpp>

#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/op/aggregate.hpp>
#include <levada/op/window.hpp>
#include <levada/os/io.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

namespace lv = levada;

namespace {

struct row {
  lv::timestamp timestamp;
  double value;
};

class scratch_file {
 public:
  explicit scratch_file(std::string_view content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "levada-csv-XXXXXX").string();
    ::close(::mkstemp(pattern.data()));
    path_ = pattern;
    std::ofstream(path_) << content;
  }
  ~scratch_file() { std::filesystem::remove(path_); }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// A loop that reads when it is told to.
struct slow_disk {
  lv::io_request* held = nullptr;
  int waits = 0;

  static constexpr bool asynchronous() { return true; }
  void submit(lv::io_request& r) {
    CHECK(held == nullptr);
    held = &r;
  }
  void peek(lv::io_request&) {}
  void finish(lv::io_request&) {
    ++waits;
    turn();
  }
  void cancel(lv::io_request& r) {
    held = nullptr;
    r.complete(-ECANCELED);
  }
  void turn() {
    if (auto* r = std::exchange(held, nullptr)) r->perform();
  }
};

std::string lines(int n) {
  std::string all = "timestamp,value\n";
  for (int i = 0; i < n; ++i) all += std::to_string(1000 + i / 3) + "," + std::to_string(i) + "\n";
  return all;
}

}  // namespace

TEST_CASE("every row comes, in order, however the file is cut, and then the end") {
  for (int n : {0, 1, 2, 1000, 20'000}) {
    const scratch_file file(lines(n));
    int next = 0;
    bool in_order = true;
    auto flow =
        lv::flow(lv::from<"rows">(lv::csv<row>(file.path())) | lv::to([&](const row& r) { in_order &= r.value == next++; }));
    REQUIRE(lv::runner<>({.budget = 777}).run(flow));
    CHECK(next == n);
    CHECK(in_order);
    CHECK(flow.at<"rows">().position() == static_cast<std::uint64_t>(n));
  }
}

TEST_CASE("with a time, processing time is that of the rows and never turns back") {
  const scratch_file file("timestamp,value\n10,1\n20,2\n20,3\n15,4\n30,5\n");
  std::vector<std::int64_t> seconds;
  lv::timestamp now = lv::long_ago;
  auto flow = lv::flow(lv::from(lv::csv<row>(file.path(), &row::timestamp)) |
                       lv::to([&](const row&) { seconds.push_back(now.ns / 1'000'000'000); }));
  REQUIRE(flow.open());
  for (auto came = lv::polled::events; came == lv::polled::events;) {
    came = flow.poll(1);
    now = flow.clock().now;
  }
  CHECK(flow.clock().now == lv::timestamp{30'000'000'000});
  CHECK(seconds.size() == 5);
}

TEST_CASE("a bad row ends the stream with its line and column, behind the good ones") {
  const scratch_file file("timestamp,value\n1,1\n2,2\n3,three\n4,4\n");
  int rows = 0;
  auto flow = lv::flow(lv::from(lv::csv<row>(file.path())) | lv::to([&](const row&) { ++rows; }));
  const auto done = lv::runner<>{}.run(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == lv::failure::data);
  CHECK(done.error().sentence.view().find("line 4") != std::string_view::npos);
  CHECK(done.error().sentence.view().find("value") != std::string_view::npos);
  CHECK(rows == 2);
}

TEST_CASE("a file that is not there, and a directory, are unreadable") {
  for (const std::string& path : {std::string("/nowhere/at/all.csv"), std::filesystem::temp_directory_path().string()}) {
    auto flow = lv::flow(lv::from(lv::csv<row>(path)) | lv::to([](const row&) {}));
    const auto done = lv::runner<>{}.run(flow);
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == lv::failure::unreadable);
    CHECK(done.error().sentence.view().find(path) != std::string_view::npos);
  }
}

TEST_CASE("a column that is missing is a fault of the data") {
  const scratch_file file("time,value\n1,1\n");
  auto flow = lv::flow(lv::from(lv::csv<row>(file.path())) | lv::to([](const row&) {}));
  const auto done = lv::runner<>{}.run(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == lv::failure::data);
  CHECK(done.error().sentence.view().find("timestamp") != std::string_view::npos);
}

TEST_CASE("while one chunk is parsed, the loop reads the next; a source that waits for it brings nothing, and holds nobody up") {
  const scratch_file file(lines(20'000));
  slow_disk disk;
  int next = 0;
  bool in_order = true;
  auto flow =
      lv::flow(lv::from<"rows">(lv::csv<row>(file.path())) | lv::to([&](const row& r) { in_order &= r.value == next++; }));
  flow.at<"rows">().attach(lv::io_queue(disk));
  REQUIRE(flow.open());
  CHECK(disk.held == nullptr);  // who opens a flow need not be the one who drives it
  int nothing = 0;
  for (auto came = lv::polled::events; came != lv::polled::end;) {
    came = flow.poll(1'000'000);
    if (came != lv::polled::nothing) continue;
    ++nothing;
    CHECK(disk.held != nullptr);
    CHECK(flow.poll() == lv::polled::nothing);  // asking again does not help
    disk.turn();
  }
  CHECK(next == 20'000);
  CHECK(in_order);
  CHECK(nothing >= 2);
  CHECK(disk.waits == 0);
}

TEST_CASE("a replay waits for the next chunk: its time is that of the rows, and would become the clock's") {
  const scratch_file file(lines(20'000));
  slow_disk disk;
  int rows = 0;
  auto flow = lv::flow(lv::from<"rows">(lv::csv<row>(file.path(), &row::timestamp)) | lv::to([&](const row&) { ++rows; }));
  flow.at<"rows">().attach(lv::io_queue(disk));
  REQUIRE(flow.open());
  lv::polled came = lv::polled::events;
  while (came == lv::polled::events) came = flow.poll();
  CHECK(came == lv::polled::end);
  CHECK(rows == 20'000);
  CHECK(disk.waits >= 2);
}

TEST_CASE("a source that goes lets go of its memory first, and seek begins anew") {
  const scratch_file file(lines(20'000));
  slow_disk disk;
  {
    int first = -1;
    auto flow = lv::flow(lv::from<"rows">(lv::csv<row>(file.path())) | lv::to([&](const row& r) {
                           if (first < 0) first = static_cast<int>(r.value);
                         }));
    flow.at<"rows">().attach(lv::io_queue(disk));
    REQUIRE(flow.open());
    REQUIRE(flow.at<"rows">().seek(15'000));
    flow.poll(1);
    CHECK(first == 15'000);
    CHECK(disk.held != nullptr);
  }
  CHECK(disk.held == nullptr);
}

TEST_CASE("a stop in the middle of a file leaves no read behind") {
  const scratch_file file(lines(50'000));
  const lv::stop_signals signals;
  int rows = 0;
  auto flow = lv::flow(lv::from<"rows">(lv::csv<row>(file.path())) | lv::to([&](const row&) {
                         if (++rows == 10'000) lv::request_stop();
                       }));
  REQUIRE(lv::runner<>({.budget = 100}).run(flow));
  CHECK(rows < 50'000);
  CHECK(flow.at<"rows">().seek(49'999));
}

TEST_CASE("seek goes on behind the rows that were read before") {
  const scratch_file file(lines(5000));
  int first = -1;
  auto flow = lv::flow(lv::from<"rows">(lv::csv<row>(file.path())) | lv::to([&](const row& r) {
                         if (first < 0) first = static_cast<int>(r.value);
                       }));
  REQUIRE(flow.open());
  REQUIRE(flow.at<"rows">().seek(4321));
  flow.poll(1);
  CHECK(first == 4321);
  CHECK_FALSE(flow.at<"rows">().seek(5001));
}

TEST_CASE("a replay by run() has the windows of its rows, not of today's clock") {
  std::string text = "timestamp,value\n";
  for (int i = 0; i < 10; ++i) text += std::to_string(1'000'000 + 60 * i) + ",1\n";
  const scratch_file file(text);
  int rows = 0;
  auto flow = lv::flow(lv::from(lv::csv<row>(file.path(), &row::timestamp)) |
                       lv::window<lv::tumbling{lv::duration{60'000'000'000}}>(lv::aggregate<lv::count>(&row::value)) |
                       lv::to([&](const auto&) { ++rows; }));
  CHECK(lv::run(flow) == 0);
  CHECK(rows == 10);
}
