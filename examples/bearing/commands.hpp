// SPDX-License-Identifier: BSL-1.0
// commands: what the program does, a function for each word.
#pragma once

#include <levada/core/result.hpp>

#include <string>
#include <vector>

namespace bearing {

struct options {
  std::string folder, model, output;
  float rpm = 0;  ///< 0: of all speeds
  unsigned seed = 1;
  std::string trainer;  ///< a Python script, in place of the library
};

/// Rows of features with the number of their condition, of overlapping windows.
struct training_set {
  std::vector<std::string> conditions;
  std::vector<std::string> names;
  std::size_t features = 0;
  std::vector<float> rows;
  std::vector<float> labels;
};
levada::result<training_set> make_training_set(const options& o);

levada::result<> run_features(const options& o);
levada::result<> run_train(const options& o);
levada::result<> run_judge(const options& o);

}  // namespace bearing
