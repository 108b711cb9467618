// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <levada/state/parameter.hpp>

#include <CLI/CLI.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>

namespace box {

std::variant<options, int> parse(int argc, char** argv) {
  options o;
  bool fast = false, eco = false;
  auto refuse = [](const char* why) {
    std::fprintf(stderr, "box: %s (see box --help)\n", why);
    return static_cast<int>(levada::failure::usage);
  };
  CLI::App app{
      "An edge box that guards the machine it runs on: a probe samples this machine and publishes on a\n"
      "shared-memory bus; a guard learns what is normal for every sensor and raises alerts."};
  app.name("box");
  app.fallthrough();
  auto* probe = app.add_subcommand("probe", "the publishing process alone");
  auto* guard = app.add_subcommand("guard", "the judging process alone");
  auto* burn = app.add_subcommand("burn", "what --disturb starts")->group("");
  app.require_subcommand(0, 1);
  app.add_option("--seconds", o.seconds, "how long to run; 0: until SIGINT or SIGTERM")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app.add_option("--rate", o.rate, "ticks a second of the jitter sensor")->check(CLI::Range(0.1, 20000.0))->capture_default_str();
  auto* eco_flag = app.add_flag("--eco", eco, "latency budget of 10 ms, least CPU (default)");
  app.add_flag("--fast", fast, "react at once")->excludes(eco_flag);
  app.add_flag("--disturb", o.disturb, "burn CPU from half time on: an alert must follow");
  app.add_flag("--json", o.json, "the last line of standard output is the summary as one JSON object");
  app.add_flag("--quiet", o.quiet, "no table, no progress: alerts and the summary only");
  app.add_option("--replay", o.replay, "judge a CSV file (timestamp,value) at full speed, by the same flow")
      ->type_name("FILE.csv");
  app.add_option("--alerts", o.alerts, "alerts are written here too, as JSON lines")->type_name("FILE")->capture_default_str();
  app.add_option("--bus", o.bus, "name of the bus")->capture_default_str();
  app.add_option("--set", o.set, "set a parameter of the flow: guard.width, guard.resolution")->type_name("NAME=VALUE");
  std::string graph;
  auto* graph_option =
      app.add_option("--graph", graph, "draw the flow as dot, mermaid or json, with what it counted after a --replay")
          ->expected(0, 1)
          ->check(CLI::IsMember({"dot", "mermaid", "json"}))
          ->type_name("[FORMAT]");
  app.footer(
      "Exit codes: 0, or as in sysexits.h: 64 usage, 65 bad data or another schema, 66 unreadable input,\n"
      "69 partner unavailable, 73 no space in shared memory, 74 I/O, 77 no permission.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return refuse(e.what());
  }
  if (std::isnan(o.seconds) || std::isnan(o.rate))
    return refuse("--seconds and --rate take numbers");  // which CLI::Range lets pass
  if (graph_option->count() > 0)
    o.graph = graph == "mermaid" ? levada::picture::mermaid : graph == "json" ? levada::picture::json : levada::picture::dot;
  if (fast) o.mode = levada::profile::fast;
  if (probe->parsed()) o.role = part::probe;
  if (guard->parsed()) o.role = part::guard;
  if (burn->parsed()) o.role = part::burner;
  if (o.role == part::probe && !o.set.empty()) return refuse("--set is for the guard: a probe has no parameters");
  if (!o.replay.empty()) {
    if (o.role != part::both) return refuse("--replay needs neither probe nor guard: it reads the file itself");
    std::error_code none;
    if (std::filesystem::equivalent(o.replay, o.alerts, none)) return refuse("--alerts would overwrite the file of --replay");
    o.role = part::replay;
  }
  return o;
}

levada::result<> apply_parameters(const options& o) {
  for (const std::string& setting : o.set) {
    const std::size_t equals = setting.find('=');
    double value = 0;
    const char* end = setting.data() + setting.size();
    if (equals == std::string::npos || std::from_chars(setting.data() + equals + 1, end, value).ptr != end ||
        equals + 1 == setting.size() || !std::isfinite(value))
      return levada::fault::of(levada::failure::usage, "--set '", setting, "' is not of the form NAME=NUMBER");
    const std::string_view name = std::string_view(setting).substr(0, equals);
    const auto done = levada::set_parameter(name, value);
    if (done) continue;
    if (done.error().kind != levada::failure::usage)
      return levada::fault::of(levada::failure::usage, "--set: ", done.error().sentence);
    std::string names;
    levada::for_each_parameter([&](std::string_view known, double) { names.append(names.empty() ? "" : ", ").append(known); });
    return levada::fault::of(levada::failure::usage, "--set: there is no parameter '", name, "'; there are ", names);
  }
  return {};
}

}  // namespace box
