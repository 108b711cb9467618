// SPDX-License-Identifier: BSL-1.0
// model: the tool for whoever brings models to a box. See docs/models.md for a session with it.
#include "commands.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  const auto parsed = tool::parse(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& options = std::get<tool::options>(parsed);
  const levada::result<> done = [&] {
    switch (options.what) {
      case tool::verb::keys: return tool::run_keys(options);
      case tool::verb::convert: return tool::run_convert(options);
      case tool::verb::inspect: return tool::run_inspect(options);
      case tool::verb::verify: return tool::run_verify(options);
      case tool::verb::bench: return tool::run_bench(options);
      case tool::verb::explain: break;
    }
    return tool::run_explain(options);
  }();
  if (done) return 0;
  std::fprintf(stderr, "model: %s\n", done.error().sentence.c_str());
  return done.error().exit_code();
}
