// SPDX-License-Identifier: BSL-1.0
#include <levada/core/type_name.hpp>

#include <levada/core/time.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace plant {
struct reading {};
template <class... T>
struct several {};
}  // namespace plant
namespace {
struct hidden {};
}  // namespace

TEST_CASE("a type is called what it is written as, without levada's own namespace") {
  CHECK(levada::type_name<plant::reading>() == "plant::reading");
  CHECK(levada::type_name<levada::timestamp>() == "timestamp");
  CHECK(levada::type_name<hidden>() == "hidden");
  CHECK(levada::type_name<plant::several<levada::duration, plant::several<hidden>>>() ==
        "plant::several<duration, plant::several<hidden>>");
}

TEST_CASE("numbers are called by kind and size, the same with every compiler") {
  CHECK(levada::type_name<double>() == "double");
  CHECK(levada::type_name<float>() == "float");
  CHECK(levada::type_name<bool>() == "bool");
  CHECK(levada::type_name<std::uint64_t>() == "uint64");
  CHECK(levada::type_name<unsigned long long>() == "uint64");
  CHECK(levada::type_name<int>() == "int32");
  CHECK(levada::type_name<short>() == "int16");
}

TEST_CASE("a keyed event is called by its key") {
  CHECK(levada::type_name<levada::keyed<std::uint32_t, plant::reading>>() == "plant::reading by uint32");
}

TEST_CASE("a lambda has no name, and a very long one is cut") {
  auto f = [](int, double) { return 1; };
  CHECK(std::string_view(levada::type_name<plant::several<decltype(f)>>().view()).find("lambda") != std::string_view::npos);
  using long_one = plant::several<plant::several<plant::reading, plant::reading, plant::reading>,
                                  plant::several<plant::reading, plant::reading, plant::reading>,
                                  plant::several<plant::reading, plant::reading, plant::reading>>;
  CHECK(levada::type_name<long_one>().view().size() == 119);
}
