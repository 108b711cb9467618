// SPDX-License-Identifier: BSL-1.0
// commands: what the tool does, a function for each word.
#pragma once

#include "options.hpp"

#include <levada/connect/artifact.hpp>
#include <levada/core/result.hpp>
#include <levada/model/admission.hpp>

#include <fstream>
#include <string>

namespace tool {

levada::result<> run_keys(const options& o);
levada::result<> run_convert(const options& o);
levada::result<> run_inspect(const options& o);
levada::result<> run_verify(const options& o);
levada::result<> run_bench(const options& o);
levada::result<> run_explain(const options& o);

/// What a box is sent, as its admission takes it: views of the artifact.
levada::candidate candidate_of(const levada::artifact& a);
/// A key of either kind from the first line of a file.
template <class Key>
levada::result<Key> read_key(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line))
    return levada::fault::of(levada::failure::unreadable, "cannot read a key from '", path.c_str(), "'");
  if (line.ends_with('\r')) line.pop_back();
  auto key = Key::from_text(line);
  if (!key) return levada::fault::of(key.error().kind, key.error().sentence, " ('", path.c_str(), "')");
  return key;
}

}  // namespace tool
