// SPDX-License-Identifier: BSL-1.0
// rm and forget: what is not wanted any more.
#include "catalog.hpp"
#include "commands.hpp"
#include "groups.hpp"

#include <levada/bus/partition.hpp>

namespace tool {

lv::result<> run_rm(const options& o) {
  auto at = parse_address(o.topic);
  if (!at) return at.error();
  auto files = at->on().files_of(at->topic);
  if (!files) return files.error();
  if (is_partitioned(*at)) return lv::remove_partitions(at->on(), at->topic);
  if (!lv::exists(files->folder))
    return lv::fault::of(lv::failure::unavailable, "topic '", o.topic, "' is not there: nothing was removed");
  return at->on().remove(at->topic);
}

lv::result<> run_forget(const options& o) {
  auto at = parse_address(o.topic);
  if (!at) return at.error();
  auto done = at->on().forget(at->topic, o.subscriber);
  if (done || done.error().kind != lv::failure::usage) return done;
  return lv::fault{lv::failure::unavailable, done.error().sentence};  // the name was typed well, and nobody has it
}

}  // namespace tool
