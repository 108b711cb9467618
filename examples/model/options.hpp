// SPDX-License-Identifier: BSL-1.0
// options: the command line of the tool.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace tool {

enum class verb : unsigned char { keys, convert, inspect, verify, bench, explain };

struct options {
  verb what = verb::inspect;
  std::string file;    ///< the artifact; of convert: what is read; of keys: the beginning of two names
  std::string output;  ///< of convert: the artifact
  std::string name;    ///< of convert: the model's; else the file's without its ending
  std::uint64_t version = 1;
  std::string made_by;
  std::string golden;       ///< of convert: rows and outputs, as the program that made the model has said them
  std::string data;         ///< of convert: rows of the training data
  std::string key;          ///< of convert: a file with the secret key; of verify: with the public one
  std::string row;          ///< of explain: a file with rows
  std::size_t top = 10;     ///< of explain: features
  bool exact = false;       ///< of explain: Shapley values
  double tolerance = 1e-5;  ///< of verify
};

/// The options, or the exit code with which to end at once: help was asked for, or a sentence about the usage was printed.
std::variant<options, int> parse(int argc, char** argv);

}  // namespace tool
