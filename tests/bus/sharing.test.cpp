// SPDX-License-Identifier: BSL-1.0
// A bus of a group: its members use it under users of their own, and nobody else does. Users are tried as children of root.
#include <levada/bus/publisher.hpp>

#include <doctest/doctest.h>

#include "../support/child.hpp"
#include "common.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <grp.h>
#include <sys/stat.h>

namespace fs = std::filesystem;

namespace {

constexpr unsigned alice = 3001, bob = 3002, eve = 3003, crew = 4000;

bool can_change_user() {
  if (::geteuid() == 0) return true;
  MESSAGE("not tried: only root can become other users");
  return false;
}
/// Anyone may make names in it, as in /dev/shm.
struct public_bus : scratch_bus {
  public_bus() { ::chmod(folder().c_str(), 01777); }
};

void become(unsigned user, bool is_member) {
  const gid_t also[] = {crew};
  if (::setgroups(is_member ? 1 : 0, also) != 0 || ::setgid(user) != 0 || ::setuid(user) != 0) ::_exit(99);
  ::umask(077);
}
/// Does it as this user: 0, or the kind of failure that it gives, with its sentence.
template <class F>
support::outcome as(unsigned user, F&& f) {
  return support::in_child([&] {
    become(user, user != eve);
    const lv::result<> done = f();
    if (!done) std::fputs(done.error().sentence.c_str(), stderr);
    return done ? 0 : done.error().exit_code();
  });
}

constexpr int permission = static_cast<int>(lv::failure::permission);

lv::result<> publishes(const lv::topic<sample>& t, std::uint64_t n) {
  auto p = lv::publisher<sample>::open(t);
  if (!p) return p.error();
  if (publish(*p, n) != n) return lv::fault::of(lv::failure::internal, "no room");
  return {};
}
lv::result<> reads(const lv::topic<sample>& t, std::uint64_t n) {
  auto s = lv::subscriber<sample>::open(t);
  if (!s) return s.error();
  if (drain(*s).events != n) return lv::fault::of(lv::failure::internal, "other events");
  return {};
}
lv::topic<sample> of_crew(const public_bus& scratch) { return {scratch.bus().for_group("4000"), "a/t"}; }

}  // namespace

TEST_CASE("sharing: members publish, subscribe and remove under users of their own, whatever their umasks are") {
  if (!can_change_user()) return;
  const public_bus scratch;
  const auto t = of_crew(scratch);
  CHECK(as(alice, [&] { return publishes(t, 10); }).code == 0);
  unsigned seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(scratch.folder())) {
    struct stat s{};
    REQUIRE(::lstat(entry.path().c_str(), &s) == 0);
    CHECK(s.st_gid == crew);
    CHECK((s.st_mode & 07777) == (entry.is_directory() ? 0770 : 0660));
    ++seen;
  }
  CHECK(seen == 3 + 2 * 16 + 5);  // the folders too
  CHECK(as(bob, [&] { return reads(t, 10); }).code == 0);
  CHECK(as(bob, [&] { return publishes(t, 5); }).code == 0);
  CHECK(as(alice, [&] { return reads(t, 15); }).code == 0);
  CHECK(as(bob, [&] { return scratch.bus().for_group("4000").remove("a/t"); }).code == 0);
  CHECK(!lv::exists(t.files()->folder));
}

TEST_CASE("sharing: who is no member is told whose it is, in a sentence") {
  if (!can_change_user()) return;
  const public_bus scratch;
  const auto t = of_crew(scratch);
  CHECK(as(alice, [&] { return publishes(t, 10); }).code == 0);
  const auto whose = "topic 'a/t' cannot be used: '" + (scratch.folder() / "bus").string() +
                     "' belongs to user 3001 and group 4000 (mode 0770), ";
  const auto refused = as(eve, [&] { return reads(t, 10); });
  CHECK(refused.code == permission);
  CHECK(refused.error == whose + "and this process is user 3003, which is no member of that group: make it one");
  const auto alone =
      as(bob, [&] { return reads({scratch.bus(), "a/t"}, 10); });  // a member who does not say that he trusts the others
  CHECK(alone.code == permission);
  CHECK(alone.error == whose + "and nobody but user 3002 should write there: remove it, name another place, or name the group");
}

TEST_CASE("sharing: what is one user's says that it is") {
  if (!can_change_user()) return;
  const public_bus scratch;
  const lv::topic<sample> t{scratch.bus(), "t"};
  CHECK(as(alice, [&] {
          ::umask(022);
          return publishes(t, 10);
        }).code == 0);
  for (const auto& topic : {t, lv::topic<sample>{scratch.bus().for_group("4000"), "t"}}) {
    const auto refused = as(bob, [&] { return reads(topic, 10); });
    CHECK(refused.code == permission);
    CHECK(
        refused.error.find(
            "belongs to user 3001 and group 3001 (mode 0700), and this process is user 3002: run it as that user, or name a group") !=
        std::string::npos);
  }
}

TEST_CASE("sharing: nobody makes a bus for a group that he is not in, or that does not exist") {
  const public_bus scratch;
  const auto none = lv::publisher<sample>::open({scratch.bus().for_group("no such group"), "t"});
  REQUIRE(!none);
  CHECK(none.error().kind == lv::failure::usage);
  CHECK(!lv::publisher<sample>::open({scratch.bus().for_group(""), "t"}));
  if (!can_change_user()) return;
  const auto refused = as(eve, [&] { return publishes(of_crew(scratch), 1); });
  CHECK(refused.code == permission);
  CHECK(refused.error.find("cannot give to group 4000 ") != std::string::npos);
  CHECK(fs::is_empty(scratch.folder()));
}

TEST_CASE("sharing: a folder that a stranger has planted is not used") {
  if (!can_change_user()) return;
  const auto plants = [](const public_bus& scratch, auto how) {
    CHECK(as(eve, [&]() -> lv::result<> { return ::umask(0), how((scratch.folder() / "bus").string()), lv::result<>{}; }).code ==
          0);
    for (const auto& topic : {lv::topic<sample>{scratch.bus(), "t"}, of_crew(scratch)}) {
      const auto refused = as(alice, [&] { return publishes(topic, 1); });
      CHECK(refused.code == permission);
      CHECK(refused.error.starts_with("topic '"));
    }
  };
  const public_bus open, closed, link;
  plants(open, [](const std::string& path) { ::mkdir(path.c_str(), 0777); });
  plants(closed, [](const std::string& path) { ::mkdir(path.c_str(), 0700); });
  plants(link, [](const std::string& path) { [[maybe_unused]] const int done = ::symlink("/tmp", path.c_str()); });
}

TEST_CASE("sharing: members who come at the same moment find nothing half made") {
  if (!can_change_user()) return;
  for (int round = 0; round < 10; ++round) {
    const public_bus scratch;
    int gate[2];
    REQUIRE(::pipe(gate) == 0);
    std::vector<pid_t> all;
    for (unsigned user = 5000; user < 5006; ++user) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::close(gate[1]);
        become(user, true);
        char byte = 0;
        [[maybe_unused]] const auto closed = ::read(gate[0], &byte, 1);
        const auto s = lv::subscriber<sample>::open(of_crew(scratch));
        if (!s) std::fprintf(stderr, "%s\n", s.error().sentence.c_str());
        ::_exit(s ? 0 : 1);
      }
      all.push_back(pid);
    }
    ::close(gate[0]);
    ::close(gate[1]);
    for (const pid_t pid : all) {
      int status = 0;
      ::waitpid(pid, &status, 0);
      CHECK(status == 0);
    }
  }
}

TEST_CASE("sharing: its buses lie in a directory of its own") {
  ::unsetenv("LEVADA_DIR");
  auto files = lv::bus("b").for_group("4294967294").files_of("t");
  REQUIRE(files);
  CHECK(files->folder.view() == "/dev/shm/levada-group-4294967294/b/t.topic");
  CHECK(files->bus().view() == "/dev/shm/levada-group-4294967294/b");
}
