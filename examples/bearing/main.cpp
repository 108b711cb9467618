// SPDX-License-Identifier: BSL-1.0
// bearing: hears from the vibration of a motor what is wrong with its bearing: windows -> features -> forest -> alert.
//   bearing generate recordings --rpm 1797         recordings of a bearing that nobody has, where there are no real ones
//   bearing train recordings bearing.lvm           learns them: with XGBoost, into a file that a box accepts
//   bearing judge bearing.lvm other_recordings     judges others, and prints how often it was right, and what it took for what
#include "commands.hpp"
#include "recording.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  bearing::options o;
  std::size_t samples = 60000;
  CLI::App app("bearing: learns and judges the vibration of bearings", "bearing");
  app.require_subcommand(1);
  app.footer("Recordings are raw little-endian float32 in g, 12 kHz, in files named RPM_CONDITION.f32, such as 1797_IR_7.f32.");
  const auto speed = [&](CLI::App* command) { command->add_option("--rpm", o.rpm, "recordings of this speed alone"); };
  auto* generate = app.add_subcommand("generate", "write recordings of a simulated bearing");
  generate->add_option("DIR", o.folder)->required();
  speed(generate);
  generate->add_option("--seed", o.seed)->capture_default_str();
  generate->add_option("--samples", samples)->capture_default_str();
  auto* features = app.add_subcommand("features", "write the features of a folder's windows as CSV: what trainer.py reads");
  features->add_option("DIR", o.folder)->required();
  features->add_option("OUT", o.output)->required();
  speed(features);
  auto* train = app.add_subcommand("train", "make a model of the recordings of a folder");
  train->add_option("DIR", o.folder)->required();
  train->add_option("MODEL", o.model)->required();
  train->add_option("--trainer", o.trainer, "a Python script that trains, in place of the library: examples/bearing/trainer.py");
  speed(train);
  auto* judge = app.add_subcommand("judge", "judge the recordings of a folder by a model; prints JSON");
  judge->add_option("MODEL", o.model)->required();
  judge->add_option("DIR", o.folder)->required();
  speed(judge);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 64;
  }
  const levada::result<> done = *generate   ? bearing::generate_recordings(o.folder, o.rpm > 0 ? o.rpm : 1797, o.seed, samples)
                                : *features ? bearing::run_features(o)
                                : *train    ? bearing::run_train(o)
                                            : bearing::run_judge(o);
  if (done) return 0;
  std::fprintf(stderr, "bearing: %s\n", done.error().sentence.c_str());
  return done.error().exit_code();
}
