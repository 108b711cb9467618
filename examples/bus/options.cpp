// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <utility>

namespace tool {

std::variant<options, int> parse(int argc, char** argv) {
  options o;
  const auto refuse = [](const std::string& why) {
    std::fprintf(stderr, "bus: %s (see bus --help)\n", why.c_str());
    return static_cast<int>(levada::failure::usage);
  };
  CLI::App app{"Looks at the topics of levada's shared-memory buses, reads them and writes to them."};
  app.name("bus");
  app.fallthrough();
  app.set_version_flag(
      "--version",
      levada::compose<32>("bus of levada ", LEVADA_VERSION_MAJOR, '.', LEVADA_VERSION_MINOR, '.', LEVADA_VERSION_PATCH).c_str());
  app.add_option("--dir", o.directory, "where the buses lie, instead of $LEVADA_DIR or /dev/shm/levada-<user>")->type_name("DIR");
  app.add_option("--group", o.group, "the buses are this group's: its name or number")->type_name("GROUP");
  app.add_flag("--json", o.json, "one JSON object a line");
  app.require_subcommand(1);
  app.footer(
      "TOPIC is BUS/TOPIC, as 'bus ls' prints it. 'bus COMMAND --help' has an example of each command.\n"
      "Exit codes: 0, or as in sysexits.h: 64 usage, 65 bad data or another schema, 66 no input,\n"
      "69 not there or in use, 73 no space in shared memory, 74 I/O, 77 no permission.");

  const auto add = [&](verb what, const char* name, const char* says, const char* example) {
    auto* command = app.add_subcommand(name, says);
    command->callback([&o, what] { o.what = what; });
    command->footer(example);
    return command;
  };
  const auto add_topic = [&](CLI::App* command) {
    command->add_option("TOPIC", o.topic, "BUS/TOPIC")->required()->type_name("");
  };
  const auto add_interval = [&](CLI::App* command) {
    command->add_option("--interval", o.interval, "seconds over which the rate is taken; 0: no rate")
        ->check(CLI::Range(0.0, 86400.0))
        ->type_name("SECONDS")
        ->capture_default_str();
  };

  auto* ls = add(verb::ls, "ls", "list topics: schema, capacity, rate, what is retained, who reads and how far behind",
                 "Example: bus ls box");
  ls->add_option("BUS", o.topic, "of this bus only")->type_name("");
  ls->add_flag("--names", o.names, "names only, one a line");
  add_interval(ls);

  auto* stat = add(verb::stat, "stat", "all that can be known of one topic", "Example: bus stat box/readings --watch");
  add_topic(stat);
  stat->add_flag("--watch", o.watch, "look again every interval, until it is stopped");
  stat->add_option("--count", o.count, "with --watch: end after so many looks")->check(CLI::NonNegativeNumber)->type_name("N");
  add_interval(stat);

  auto* tap = add(verb::tap, "tap", "print the events of a topic as they come",
                  "Nobody waits for a tap: when it is slow, events are overwritten, and it says how many.\n"
                  "Example: bus tap box/readings --from 2026-01-31T08:00:00Z --json | jq .value");
  add_topic(tap);
  tap->add_option("--from", o.from, "earliest, latest, a sequence, or a time as in ISO 8601")
      ->type_name("WHERE")
      ->capture_default_str();
  tap->add_option("--count", o.count, "end after so many events")->check(CLI::NonNegativeNumber)->type_name("N");
  tap->add_flag("--signals", o.signals, "print watermarks, barriers and idle signals as well");
  tap->add_flag("--no-wait", o.no_wait, "end when all is read, instead of waiting for more");

  auto* pub = add(verb::pub, "pub", "publish JSON objects, one a line of standard input, on a topic that exists",
                  "A member that is left out is zero; one that the events do not have is an error. pub is the topic's publisher\n"
                  "while it runs: the topic can have no other.\n"
                  "Example: echo '{\"sensor\":\"test\",\"value\":1.5}' | bus pub box/readings");
  add_topic(pub);

  auto* doctor = add(verb::doctor, "doctor", "what on this machine keeps buses from working well, and what nobody uses any more",
                     "Example: bus doctor --clean");
  doctor->add_flag("--clean", o.clean, "remove topics that nobody uses; those with a named subscriber stay");

  auto* bench = add(verb::bench, "bench", "messages a second and round trips, between threads and between processes",
                    "Figures of a machine that does something else are worth nothing.\n"
                    "Example: bus bench --seconds 10 --size 64");
  bench->add_option("--seconds", o.seconds, "how long, in all")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  bench->add_option("--size", o.sizes, "bytes of an event: 8, 64, 256, 1024 (default: all)")
      ->check(CLI::IsMember({8, 64, 256, 1024}))
      ->type_name("BYTES");
  auto* peer = app.add_subcommand("bench-peer", "the other process of bench")->group("");
  peer->callback([&o] { o.what = verb::bench_peer; });
  peer->add_option("WHERE", o.topic)->required();
  peer->add_option("ROLE", o.from)->required();
  peer->add_option("SIZE", o.sizes)->required();

  auto* rm = add(verb::rm, "rm", "remove a topic that nobody uses", "Example: bus rm box/readings");
  add_topic(rm);

  auto* forget = add(verb::forget, "forget", "give up the position of a named subscriber that will not return",
                     "Example: bus forget box/readings guard");
  add_topic(forget);
  forget->add_option("SUBSCRIBER", o.subscriber, "its name")->required()->type_name("");

  auto* completion = add(verb::completion, "completion", "print what makes a shell complete commands and topics",
                         "Example: bus completion bash > ~/.local/share/bash-completion/completions/bus");
  completion->add_option("SHELL", o.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return refuse(e.what());
  }
  if (std::isnan(o.interval) || std::isnan(o.seconds)) return refuse("--interval and --seconds take numbers");
  if (o.watch && o.interval == 0) return refuse("--watch needs an --interval above 0");
  return o;
}

}  // namespace tool
