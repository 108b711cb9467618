// SPDX-License-Identifier: BSL-1.0
// commands: what the tool can do, one function a word. A fault becomes the sentence and the exit code of the program.
#pragma once

#include "options.hpp"

#include <levada/core/result.hpp>

namespace tool {

namespace lv = levada;

lv::result<> run_ls(const options& o);
lv::result<> run_stat(const options& o);
lv::result<> run_tap(const options& o);
lv::result<> run_pub(const options& o);
lv::result<> run_doctor(const options& o);
lv::result<> run_bench(const options& o);
lv::result<> run_bench_peer(const options& o);
lv::result<> run_rm(const options& o);
lv::result<> run_forget(const options& o);
lv::result<> run_completion(const options& o);

}  // namespace tool
