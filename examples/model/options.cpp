// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <CLI/CLI.hpp>

namespace tool {

std::variant<options, int> parse(int argc, char** argv) {
  options o;
  CLI::App app("model: reads models of XGBoost, LightGBM and ONNX, and makes files of them that a box accepts", "model");
  app.require_subcommand(1);
  app.footer("A session with it is in docs/models.md.");
  const auto add = [&](verb what, const char* name, const char* help) {
    auto* command = app.add_subcommand(name, help);
    command->callback([&o, what] { o.what = what; });
    return command;
  };
  auto* keys = add(verb::keys, "keys", "make a key pair: NAME.secret to sign with, NAME.public for the boxes");
  keys->add_option("NAME", o.file)->required();

  auto* convert = add(verb::convert, "convert", "make a file of levada's from a model of another tool");
  convert->add_option("INPUT", o.file, "XGBoost .json or .ubj, LightGBM .txt, .onnx")->required();
  convert->add_option("OUTPUT", o.output)->required();
  convert->add_option("--name", o.name, "name of the model (default: of the file)");
  convert->add_option("--version", o.version, "must rise from one to the next that a box is sent")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000'000'000'000}));
  convert->add_option("--made-by", o.made_by, "for people: from which data, by which program");
  convert->add_option("--golden", o.golden,
                      "CSV: features, then outputs, as the program that trained the model said them. Without it the outputs are "
                      "this tool's own, and show only that a box computes as this machine does");
  convert->add_option("--data", o.data, "CSV: features of the training data, for golden rows and to recognise drift");
  convert->add_option("--key", o.key, "sign with this secret key");

  auto* inspect = add(verb::inspect, "inspect", "say what is in a file");
  inspect->add_option("FILE", o.file)->required();

  auto* verify = add(verb::verify, "verify", "make the checks that a box makes before it uses a model");
  verify->add_option("FILE", o.file)->required();
  verify->add_option("--key", o.key, "the public key that must have signed it");
  verify->add_option("--tolerance", o.tolerance, "of a golden output")->capture_default_str();

  auto* bench = add(verb::bench, "bench", "measure how long a row takes here");
  bench->add_option("FILE", o.file)->required();

  auto* explain =
      add(verb::explain, "explain",
          "say for each row how much each feature has added to the output, before the link function where there is one");
  explain->add_option("FILE", o.file)->required();
  explain->add_option("ROWS", o.row, "CSV: features")->required();
  explain->add_option("--top", o.top, "features to name")->capture_default_str();
  explain->add_flag("--exact", o.exact, "exact Shapley values, for trees; slower");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 64;
  }
  return o;
}

}  // namespace tool
