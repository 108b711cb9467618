// SPDX-License-Identifier: BSL-1.0
#include <levada/os/group.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace lv = levada;

TEST_CASE("group_of: a name or a number, or a sentence") {
  auto by_number = lv::group_of("4711");
  REQUIRE(by_number);
  CHECK(by_number->group == 4711);
  if (const ::group* mine = ::getgrgid(::getegid())) {
    auto by_name = lv::group_of(mine->gr_name);
    REQUIRE(by_name);
    CHECK(by_name->group == ::getegid());
  }
  for (const auto& bad :
       {std::string("no such group"), std::string(), std::string("4294967295"), std::string("12x"), std::string(90, 'g')}) {
    auto none = lv::group_of(bad);
    REQUIRE(!none);
    CHECK(none.error().kind == lv::failure::usage);
  }
}

TEST_CASE("owners: a group's file has its mode whatever the umask is") {
  std::string name = "/tmp/levada-group-XXXXXX";
  const lv::file f(::mkstemp(name.data()));
  const auto mode = [&] {
    struct stat s{};
    ::fstat(f.fd(), &s);
    return s.st_mode & 07777;
  };
  const lv::owners alone;
  CHECK(alone.file_mode() == 0600);
  CHECK(alone.folder_mode() == 0700);
  CHECK(alone.take(f, alone.file_mode()));
  CHECK(mode() == 0600);
  const lv::owners mine{::getegid()};
  const auto old = ::umask(0777);
  CHECK(mine.take(f, mine.file_mode()));
  ::umask(old);
  CHECK(mode() == 0660);
  CHECK(mine.folder_mode() == 0770);
  if (::geteuid() != 0) {
    auto refused = lv::owners{0}.take(f, 0660);
    REQUIRE(!refused);
    CHECK(refused.error().kind == lv::failure::permission);
  }
  ::unlink(name.c_str());
}
