// SPDX-License-Identifier: BSL-1.0
#include <levada/core/reflect.hpp>

#include <levada/core/text.hpp>
#include <levada/core/time.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

using namespace levada;

namespace {

enum class state : std::uint8_t { idle, running };

struct empty {};
struct one {
  double only;
};
struct inner {
  int a, b;
};
struct arrays {
  char raw[64];
  int grid[2][3];
  std::array<double, 4> four;
  inner pair[2];
  std::array<inner, 2> other;
  int one_long[1];
  int last;
};
struct mixed {
  timestamp time;
  duration length;
  text<16> name;
  state now;
  inner nested;
  bool flag;
  float f;
  unsigned char byte;
  const char* pointer;
  struct {
    int x, y;
  } unnamed;
};
struct with_defaults {
  int a = 3;
  double b = 2.5;
  inner c{1, 2};
};
struct awkward_names {
  int _;
  int a1;
  int Pointer;
  int specimen;
  int größe;
};
struct forty {
  int m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19;
  double m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39;
};
struct thirty_three {
  char a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25,
      a26, a27, a28, a29, a30, a31, a32;
};
struct large {
  char page[1 << 20];
  float samples[1 << 20];
  int count;
};
struct forty_one {
  forty most;
  int m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19, m20, m21, m22, m23, m24, m25, m26,
      m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39, m40;
};
struct only_explicit {
  explicit only_explicit(int v) : i(v) {}
  explicit constexpr only_explicit() : i(0) {}
  int i;
};
struct with_explicit {
  int a = 1;
  only_explicit b = only_explicit();
  int c = 2;
};
struct one_array {
  int a[3];
};
struct one_empty {
  empty e;
};
struct bits {
  unsigned a : 3;
  unsigned : 2;
  unsigned b : 5;
};
template <class... T>
struct generic {
  int before;
  double after;
};
struct with_base : inner {
  int c;
};
class hidden {
 public:
  [[nodiscard]] int get() const { return i; }

 private:
  int i = 0;
};
struct with_constructor {
  explicit with_constructor(int v) : i(v) {}
  int i;
};
struct with_reference {
  int& r;
};

template <class T>
std::string names() {
  std::string all;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((all += std::string(member_name<T, I>) + " "), ...);
  }(std::make_index_sequence<member_count<T>>{});
  return all;
}

}  // namespace

namespace outer::levada {
struct elsewhere {
  int here;
};
}  // namespace outer::levada

TEST_CASE("members are counted") {
  static_assert(member_count<empty> == 0 && member_count<one> == 1 && member_count<inner> == 2);
  static_assert(member_count<mixed> == 10);
  static_assert(member_count<forty> == 40 && member_count<thirty_three> == 33);
  static_assert(member_count<with_defaults> == 3);
}

TEST_CASE("an array is one member, whatever its shape") {
  static_assert(member_count<arrays> == 7);
  CHECK(names<arrays>() == "raw grid four pair other one_long last ");
  static_assert(std::is_same_v<member_type<arrays, 0>, char[64]>);
  static_assert(std::is_same_v<member_type<arrays, 1>, int[2][3]>);
  static_assert(std::is_same_v<member_type<arrays, 2>, std::array<double, 4>>);
  static_assert(std::is_same_v<member_type<arrays, 3>, inner[2]>);
  CHECK(member_offset<arrays, 6>() == offsetof(arrays, last));
  static_assert(member_count<large> == 3 && member_count<one_array> == 1);
}

TEST_CASE("members have names, types and offsets") {
  CHECK(names<mixed>() == "time length name now nested flag f byte pointer unnamed ");
  static_assert(std::is_same_v<member_type<mixed, 0>, timestamp>);
  static_assert(std::is_same_v<member_type<mixed, 2>, text<16>>);
  static_assert(std::is_same_v<member_type<mixed, 3>, state>);
  static_assert(std::is_same_v<member_type<mixed, 8>, const char*>);
  CHECK(member_offset<mixed, 0>() == 0);
  CHECK(member_offset<mixed, 4>() == offsetof(mixed, nested));
  CHECK(member_offset<mixed, 9>() == offsetof(mixed, unnamed));
}

TEST_CASE("forty members, each with its own name") {
  std::string expected;
  for (int i = 0; i < 40; ++i) expected += "m" + std::to_string(i) + " ";
  CHECK(names<forty>() == expected);
  CHECK(member_offset<forty, 39>() == offsetof(forty, m39));
}

TEST_CASE("names that look like the text around them") { CHECK(names<awkward_names>() == "_ a1 Pointer specimen größe "); }

TEST_CASE("where the type stands does not matter") {
  struct local {
    int a;
    struct {
      int deep;
    } b;
  };
  CHECK(names<local>() == "a b ");
  CHECK(names<decltype(local::b)>() == "deep ");
  CHECK(names<generic<int (*)(char), int[3], generic<>>>() == "before after ");
  CHECK(names<outer::levada::elsewhere>() == "here ");
  auto in_lambda = [](auto) {
    struct inside {
      int x, y;
    };
    return names<inside>();
  };
  CHECK(in_lambda(1) == "x y ");
}

TEST_CASE("names are constants") {
  static_assert(member_name<inner, 1> == "b");
  static_assert(member_name<one, 0> == "only");
}

TEST_CASE("forty is the most") { static_assert(reflectable<forty> && !reflectable<forty_one>); }

TEST_CASE("empty members and bit-fields are members; bits without a name are not") {
  static_assert(member_count<one_empty> == 1 && member_count<bits> == 2);
}

TEST_CASE("a visitor sees the members of an object, and may change them") {
  inner i{1, 2};
  visit_members(i, [](auto&... m) { ((m *= 10), ...); });
  CHECK(i.a == 10);
  CHECK(i.b == 20);
  const inner c{3, 4};
  CHECK(visit_members(c, [](const auto&... m) { return (m + ...); }) == 7);
  forty f{};
  f.m39 = 1.5;
  CHECK(visit_members(f, [](auto&... m) { return static_cast<double>((m + ...)); }) == 1.5);
  empty e;
  CHECK(visit_members(e, [](auto&... m) { return sizeof...(m); }) == 0);
}

TEST_CASE("what has hidden members, constructors or references is not reflectable") {
  static_assert(reflectable<inner> && reflectable<mixed> && reflectable<with_defaults>);
  static_assert(!reflectable<hidden> && !reflectable<with_constructor> && !reflectable<with_reference>);
  static_assert(!reflectable<int> && !reflectable<int[3]> && !reflectable<std::string>);
  static_assert(!reflectable<with_base> && !reflectable<with_explicit>);
}
