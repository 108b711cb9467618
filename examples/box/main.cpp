// SPDX-License-Identifier: BSL-1.0
// box: an edge box that guards the machine it runs on. See docs/tour.md for the way of one reading through it.
#include "options.hpp"
#include "roles.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  const auto parsed = box::parse(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& options = std::get<box::options>(parsed);

  const levada::result<> done = [&] {
    switch (options.role) {
      case box::part::probe: return box::run_probe(options);
      case box::part::replay: return box::run_replay(options);
      case box::part::burner: return box::run_burner(options);
      case box::part::guard:
      case box::part::both: break;
    }
    return box::run_guard(options);
  }();
  if (done) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "box: %s\n", done.error().sentence.c_str());
  return done.error().exit_code();
}
