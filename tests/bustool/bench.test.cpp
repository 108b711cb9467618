// SPDX-License-Identifier: BSL-1.0
// bench and completion, and what holds for all commands.
#include "common.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <filesystem>

#include <unistd.h>

TEST_CASE("bench: a stream and round trips, between threads and between processes, and nothing is left") {
  const scratch here;
  const auto r = run("bench", "--seconds", "0.4", "--size", "64", "--json");
  CHECK_MESSAGE(r.code == 0, r.err);
  const auto lines = lines_of(r.out);
  REQUIRE(lines.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto j = nlohmann::json::parse(lines[i]);
    CHECK(j["size"] == 64);
    CHECK(j["between"] == (i == 0 ? "threads" : "processes"));
    CHECK(j["events_per_second"] > 0);
    CHECK(j["round_trip"]["p50"] > 0);
    CHECK(j["round_trip"]["p50"] <= j["round_trip"]["p99"]);
    CHECK(j["round_trip"]["p99"] <= j["round_trip"]["p99.9"]);
  }
  CHECK(std::filesystem::is_empty(here.folder() / "bus"));
  const auto text = run("bench", "--seconds", "0.2", "--size", "1024");
  CHECK(lines_of(text.out).size() == 3);
  CHECK(refuses(run("bench", "--size", "65"), 64, "--size"));
}

TEST_CASE("bench: stopped, it leaves nothing either") {
  const scratch here;
  program bench(command("bench", "--seconds", "600"));
  REQUIRE(eventually([&] { return !std::filesystem::is_empty(here.folder() / "bus"); }));
  bench.kill(SIGINT);
  CHECK(bench.end() == 0);
  CHECK(std::filesystem::is_empty(here.folder() / "bus"));
}

TEST_CASE("completion: of every command and option that there is") {
  const scratch here;
  const auto help = run("--help").out;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    CAPTURE(shell);
    const auto script = run("completion", shell);
    CHECK(script.code == 0);
    for (const char* word : {"ls", "stat", "tap", "pub", "doctor", "bench", "rm", "forget", "completion"}) {
      CHECK(contains(help, std::string("\n  ") + word + " "));
      CHECK(contains(script.out, word));
      const auto own = run(word, "--help").out;
      CHECK(contains(own, "Example: "));
      for (auto at = own.find("\n  --"); at != own.npos; at = own.find("\n  --", at + 1)) {
        const auto option = own.substr(at + 5, own.find_first_of(" =\n", at + 5) - at - 5);
        CAPTURE(option);
        CHECK((contains(script.out, "--" + option) || contains(script.out, " -l " + option + " ")));
      }
    }
  }
  CHECK(contains(run("completion", "zsh").out, "\n  topics=(${(f)\"$(bus ls --names 2>/dev/null)\"})\n  compadd -a topics\n"));
  CHECK(refuses(run("completion", "csh"), 64, "csh"));
}

TEST_CASE("completion bash: commands, then topics") {
  const scratch here;
  const auto p = publisher_of(press(), 0);
  write_file("bus.bash", run("completion", "bash").out);
  std::filesystem::create_symlink(tool_path(), "bus-link");
  const auto complete = [](const std::string& words, int at) {
    return run_all({"/bin/bash", "-c",
                    "bus() { ./bus-link \"$@\"; }; source ./bus.bash; COMP_WORDS=(" + words +
                        "); COMP_CWORD=" + std::to_string(at) + "; _bus; echo \"${COMPREPLY[*]}\""})
        .out;
  };
  CHECK(complete("bus d", 1) == "doctor\n");
  CHECK(complete("bus tap pl", 2) == "plant/press/1\n");
  CHECK(complete("bus ls pl", 2) == "plant\n");
  CHECK(complete("bus --dir somewhere tap --fr", 4) == "--from\n");
  CHECK(complete("bus tap --from e", 3) == "earliest\n");
}

TEST_CASE("usage: what is not a command is a sentence") {
  const scratch here;
  CHECK(refuses(run(), 64, "subcommand is required"));
  CHECK(refuses(run("list"), 64, "(see bus --help)"));
  CHECK(refuses(run("ls", "--frob"), 64, "--frob"));
  const auto version = run("--version");
  CHECK(version.code == 0);
  CHECK(version.out.starts_with("bus of levada "));
}

TEST_CASE("--group: buses of a group") {
  const scratch here;
  const auto group = std::to_string(::getegid());
  {
    const auto p = publisher_of({lv::bus("plant").for_group(group), "press/1"}, 2);
  }
  CHECK(lines_of(run("--group", group, "tap", "plant/press/1", "--from", "earliest", "--no-wait").out).size() == 2);
  CHECK(refuses(run("tap", "plant/press/1", "--no-wait"), 77,
                "belongs to user " + std::to_string(::geteuid()) + " and group " + group));
  CHECK(refuses(run("--group", "no such group", "tap", "plant/press/1"), 64, "there is no group 'no such group'"));
  CHECK(refuses(run("--group", "no such group", "ls"), 64, "there is no group 'no such group'"));
}

TEST_CASE("--dir: another place than $LEVADA_DIR") {
  const scratch here;
  {
    const auto p = publisher_of(press(), 0);
  }
  CHECK(run("--dir", (here.folder() / "bus").string(), "ls", "--names").out == "plant/press/1\n");
  CHECK(run("ls", "--names", "--dir", "/nowhere").out.empty());
  CHECK(refuses(run("ls", "--dir", std::string(100, 'x')), 64, "LEVADA_DIR is longer than 87 characters"));
}

TEST_CASE("output: a full disk is an error, and no reader is none") {
  const scratch here;
  const auto p = publisher_of(press(), 0);
  CHECK(refuses(run_all({"/bin/sh", "-c", "exec \"$0\" ls --names > /dev/full", tool_path()}), 73,
                "cannot write 'standard output'"));
  const auto closed = run_all({"/bin/sh", "-c", "trap '' PIPE; \"$0\" ls --interval 0.1 | true; exit 0", tool_path()});
  CHECK(closed.err.empty());
}
