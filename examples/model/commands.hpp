// SPDX-License-Identifier: BSL-1.0
// commands: what the tool does, a function for each word.
#pragma once

#include "options.hpp"

#include <levada/connect/artifact.hpp>
#include <levada/core/result.hpp>
#include <levada/model/admission.hpp>

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
/// The first line of a file.
levada::result<std::string> first_line(const std::string& path);

}  // namespace tool
