// SPDX-License-Identifier: BSL-1.0
#include <levada/sink/json_lines.hpp>

#include <levada/flow/chain.hpp>
#include <levada/flow/flow.hpp>
#include <levada/flow/runner.hpp>
#include <levada/os/loop.hpp>
#include <levada/sink/to.hpp>
#include <levada/source/from.hpp>
#include <levada/source/input.hpp>
#include <levada/source/values.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace lv = levada;

namespace {

struct sample {
  std::uint64_t number;
  lv::text<16> name;
};

struct even_line {
  std::uint64_t number7;  // {"number7":1000000000000000000}, with its line break 32 bytes
};

class scratch_path {
 public:
  scratch_path() {
    std::string pattern = (std::filesystem::temp_directory_path() / "levada-json-XXXXXX").string();
    ::close(::mkstemp(pattern.data()));
    path_ = pattern;
    std::filesystem::remove(path_);
  }
  ~scratch_path() { std::filesystem::remove(path_); }
  scratch_path(const scratch_path&) = delete;
  scratch_path& operator=(const scratch_path&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

std::vector<sample> samples(std::uint64_t n) {
  std::vector<sample> all(n);
  for (std::uint64_t i = 0; i < n; ++i) all[i] = {i, i % 2 == 0 ? "even" : "odd \"one\""};
  return all;
}
/// Written by hand, not by the library.
std::string lines(std::uint64_t n, std::uint64_t from = 0) {
  std::string all;
  for (std::uint64_t i = from; i < from + n; ++i)
    all += "{\"number\":" + std::to_string(i) + ",\"name\":\"" + (i % 2 == 0 ? "even" : "odd \\\"one\\\"") + "\"}\n";
  return all;
}

auto writing_to(const std::string& path) {
  return lv::flow(lv::from<"in">(lv::input<sample>()) | lv::to<"out">(lv::json_lines(path)));
}

/// A loop that writes at most some bytes at a time, when it is asked, and fails when told to.
struct slow_disk {
  std::size_t most = 1000;
  int error = 0;
  int requests = 0;
  lv::io_request* held = nullptr;

  static constexpr bool asynchronous() { return true; }
  void submit(lv::io_request& r) {
    CHECK(held == nullptr);  // one in flight at most
    held = &r;
    ++requests;
  }
  void peek(lv::io_request&) {}
  void finish(lv::io_request& r) {
    held = nullptr;
    if (error != 0) return r.complete(-error);
    const std::size_t n = r.memory().size() < most ? r.memory().size() : most;
    r.complete(::write(r.fd(), r.memory().data(), n));
  }
  void cancel(lv::io_request& r) {
    held = nullptr;
    r.complete(-ECANCELED);
  }
};

}  // namespace

TEST_CASE("each event is a line; they are gathered, and written by a flush") {
  const scratch_path file;
  auto flow = writing_to(file.path());
  REQUIRE(flow.open());
  flow.push(std::span<const sample>(samples(3)));
  CHECK(file.content().empty());
  flow.raise_everywhere(lv::flush{});
  CHECK(file.content() == lines(3));
  flow.finish();
  CHECK(file.content() == lines(3));
  CHECK(flow.status());
}

TEST_CASE("a run writes all of it, with whatever loop, and appends to what is there") {
  const scratch_path file;
  const auto all = samples(20'000);  // some 700 KB
  for (int round = 0; round < 2; ++round) {
    auto flow = lv::flow(lv::from(lv::values{std::span(all)}) | lv::to(lv::json_lines(file.path())));
    REQUIRE(lv::runner<>({.budget = 777}).run(flow));
  }
  CHECK(file.content() == lines(20'000) + lines(20'000));
}

TEST_CASE("the loop of this machine writes while the flow goes on") {
  const scratch_path file;
  auto loop = lv::loop::make();
  REQUIRE(loop);
  auto flow = writing_to(file.path());
  flow.at<"out">().attach(lv::io_queue(*loop));
  REQUIRE(flow.open());
  flow.push(std::span<const sample>(samples(20'000)));
  flow.finish();
  flow.at<"out">().attach(lv::io_queue{});
  CHECK(file.content() == lines(20'000));
}

TEST_CASE("short writes are continued, with one write in flight at most") {
  const scratch_path file;
  slow_disk disk;
  auto flow = writing_to(file.path());
  flow.at<"out">().attach(lv::io_queue(disk));
  REQUIRE(flow.open());
  flow.push(std::span<const sample>(samples(5000)));
  flow.finish();
  CHECK(file.content() == lines(5000));
  CHECK(disk.requests > 100);
}

TEST_CASE("what a write that failed has lost is counted, and what follows it is whole") {
  const scratch_path file;
  slow_disk disk;
  auto flow = writing_to(file.path());
  flow.at<"out">().attach(lv::io_queue(disk));
  REQUIRE(flow.open());
  flow.push(std::span<const sample>(samples(100)));
  flow.raise_everywhere(lv::flush{});
  disk.finish(*disk.held);  // 1000 bytes, which end inside a line
  disk.error = ENOSPC;
  flow.push(std::span<const sample>(samples(10)));
  flow.raise_everywhere(lv::flush{});
  disk.error = 0;
  flow.finish();

  const std::string whole = lines(100).substr(0, 1000);
  const auto kept = static_cast<std::uint64_t>(std::ranges::count(whole, '\n'));
  CHECK(flow.counts<"out">().dropped == 100 - kept);
  CHECK(file.content() == whole + "\n" + lines(10));
  const auto status = flow.status();
  REQUIRE_FALSE(status);
  CHECK(status.error().kind == lv::failure::no_space);
}

TEST_CASE("a full disk is said in words, and every line is counted") {
  const auto all = samples(10'000);
  auto flow = lv::flow(lv::from(lv::values{std::span(all)}) | lv::to<"out">(lv::json_lines("/dev/full")));
  const auto done = lv::runner<>{}.run(flow);
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == lv::failure::no_space);
  CHECK(done.error().sentence.view() == "cannot write '/dev/full': No space left on device");
  CHECK(flow.counts<"out">().dropped == 10'000);
}

TEST_CASE("a barrier has everything written, and asks for it to be kept") {
  const scratch_path file;
  auto flow = writing_to(file.path());
  REQUIRE(flow.open());
  flow.push(sample{0, "even"});
  flow.raise_everywhere(lv::barrier{1});
  CHECK(file.content() == lines(1));
  CHECK(flow.status());
}

TEST_CASE("what came between the barrier and the checkpoint is in the length that is kept") {
  const scratch_path file;
  auto flow = lv::flow(lv::from(lv::input<sample>()) | lv::to<"out">(lv::json_lines(file.path())));
  REQUIRE(flow.open());
  flow.push(sample{0, "even"});
  flow.raise_everywhere(lv::barrier{1});
  flow.push(samples(2)[1]);
  std::uint64_t kept = 0;
  auto archive = [&kept](std::uint64_t& length) { kept = length; };
  flow.at<"out">().target.persist(archive);
  CHECK(kept == lines(2).size());
  CHECK(file.content() == lines(2));
}

TEST_CASE("a file that cannot be made is a fault at open") {
  auto flow = writing_to("/nowhere/at/all.jsonl");
  const auto opened = flow.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == lv::failure::unreadable);
}

TEST_CASE("lines that fill the room to the last byte go on in the next") {
  const scratch_path file;
  auto flow = lv::flow(lv::from(lv::input<even_line>()) | lv::to(lv::json_lines(file.path())));
  REQUIRE(flow.open());
  std::string wanted;
  for (int i = 0; i < 5000; ++i) {  // 32 bytes each: they divide 64 KiB
    flow.push(even_line{1'000'000'000'000'000'000u + static_cast<std::uint64_t>(i)});
    wanted += "{\"number7\":" + std::to_string(1'000'000'000'000'000'000u + static_cast<std::uint64_t>(i)) + "}\n";
  }
  flow.finish();
  CHECK(file.content() == wanted);
  CHECK(65536 % (wanted.size() / 5000) == 0);
}

TEST_CASE("after a run that was killed inside of a line, the next begins a new one") {
  const scratch_path file;
  std::ofstream(file.path()) << "{\"number\":1,\"na";
  auto flow = writing_to(file.path());
  REQUIRE(flow.open());
  flow.push(samples(1));
  flow.finish();
  CHECK(file.content() == "{\"number\":1,\"na\n" + lines(1));
}
