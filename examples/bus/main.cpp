// SPDX-License-Identifier: BSL-1.0
// bus: the tool for whoever has topics on a shared-memory bus. See docs/bus.md for a session with it.
#include "catalog.hpp"
#include "commands.hpp"
#include "output.hpp"

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const auto parsed = tool::parse(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& options = std::get<tool::options>(parsed);
  if (!options.directory.empty()) ::setenv("LEVADA_DIR", options.directory.c_str(), 1);
  tool::take_group(options.group);

  const levada::result<> done = [&] {
    switch (options.what) {
      case tool::verb::ls: return tool::run_ls(options);
      case tool::verb::stat: return tool::run_stat(options);
      case tool::verb::tap: return tool::run_tap(options);
      case tool::verb::pub: return tool::run_pub(options);
      case tool::verb::doctor: return tool::run_doctor(options);
      case tool::verb::bench: return tool::run_bench(options);
      case tool::verb::bench_peer: return tool::run_bench_peer(options);
      case tool::verb::rm: return tool::run_rm(options);
      case tool::verb::forget: return tool::run_forget(options);
      case tool::verb::completion: break;
    }
    return tool::run_completion(options);
  }();
  if (done || tool::reader_is_gone(done.error())) return 0;
  std::fprintf(stderr, "bus: %s\n", done.error().sentence.c_str());
  return done.error().exit_code();
}
