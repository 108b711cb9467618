// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/descriptor.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

using namespace levada;

namespace {

enum class state : std::uint8_t { idle, running, broken = 7 };
enum class level : short { low = -1, high = 1 };

struct point {
  float x, y;
};

struct reading {
  levada::timestamp time;
  std::uint32_t sensor;
  state now;
  double value;
};

struct nasty {
  bool flag;
  char letter;
  std::int8_t i8;
  std::uint8_t u8;
  short i16;
  unsigned long long u64;
  long i64;
  float f;
  double d;
  levada::timestamp time;
  levada::duration length;
  text<24> name;
  char raw[64];
  std::array<char, 5> five;
  char lines[4][16];
  float axes[3];
  int grid[2][3];
  std::array<std::array<double, 2>, 3> matrix;
  point position;
  point path[2];
  std::array<point, 1> only;
  state states[2];
  level height;
  std::byte raw_byte;
};

struct empty {};
struct one {
  double only;
};
struct padded {
  char c;
  alignas(64) int far;
};

}  // namespace

namespace plant {
struct header {
  std::int64_t sequence;
  std::uint16_t source;
};
struct event : header {
  explicit event(double v) : value(v) {}
  double value;
  std::int32_t codes[2];
};
struct nest {
  int id;
  header inside;
};
}  // namespace plant
LEVADA_DESCRIBE(plant::event, sequence, source, value, codes);

namespace {

template <class T>
std::string told() {
  std::string s;
  for (auto& f : describe<T>().fields)
    s += std::string(f.name.view()) + ": " + std::to_string(f.count) + " x " + std::to_string(f.size) + " " +
         std::string(name_of(f.kind)) + " at " + std::to_string(f.offset) + "\n";
  return s;
}
const field& named(const descriptor_view& d, std::string_view name) {
  for (auto& f : d.fields)
    if (f.name.view() == name) return f;
  FAIL("no field ", name);
  return d.fields[0];
}

}  // namespace

TEST_CASE("the members of a type, in order, with kind, size and offset") {
  CHECK(told<reading>() ==
        "time: 1 x 8 timestamp at 0\n"
        "sensor: 1 x 4 unsigned integer at 8\n"
        "now: 1 x 1 enumeration at 12\n"
        "value: 1 x 8 floating at 16\n");
  CHECK(describe<reading>().event_size == sizeof(reading));
  CHECK(describe<reading>().event_alignment == alignof(reading));
}

TEST_CASE("every kind of member is described, and the description passes its own check") {
  auto d = describe<nasty>();
  CHECK(check(d));
  CHECK(readable_by(d, d));
  CHECK(named(d, "flag").kind == field_kind::boolean);
  CHECK(named(d, "letter").kind == field_kind::character);
  CHECK(named(d, "i8").kind == field_kind::signed_integer);
  CHECK(named(d, "u8").kind == field_kind::unsigned_integer);
  CHECK(named(d, "u64").size == 8);
  CHECK(named(d, "i64").kind == field_kind::signed_integer);
  CHECK(named(d, "f").size == 4);
  CHECK(named(d, "length").kind == field_kind::duration);
  CHECK(named(d, "raw_byte").kind == field_kind::unsigned_integer);
  CHECK(named(d, "height").has_sign == 1);
  CHECK(named(d, "states").has_sign == 0);
}

TEST_CASE("texts are texts, whatever holds the characters") {
  auto d = describe<nasty>();
  CHECK(named(d, "name").kind == field_kind::text);
  CHECK(named(d, "name").size == 24);
  CHECK(named(d, "raw").size == 64);
  CHECK(named(d, "raw").count == 1);
  CHECK(named(d, "five").size == 5);
  CHECK(named(d, "lines").size == 16);
  CHECK(named(d, "lines").count == 4);
}

TEST_CASE("arrays are one field, flat; structs and arrays of structs have dotted names") {
  auto d = describe<nasty>();
  CHECK(named(d, "axes").count == 3);
  CHECK(named(d, "grid").count == 6);
  CHECK(named(d, "matrix").count == 6);
  CHECK(named(d, "position.y").offset == offsetof(nasty, position) + 4);
  CHECK(named(d, "path.1.x").offset == offsetof(nasty, path) + 8);
  CHECK(named(d, "only.0.y").offset == offsetof(nasty, only) + 4);
  CHECK(named(d, "raw_byte").offset == offsetof(nasty, raw_byte));
}

TEST_CASE("enumerations bring their names, each field its own") {
  auto d = describe<nasty>();
  REQUIRE(d.enumerators.size() == 5);
  CHECK(d.enumerators[1].name.view() == "running");
  CHECK(d.enumerators[2].value == 7);
  CHECK(d.enumerators[3].value == -1);
  CHECK(d.fields[d.enumerators[0].field].name.view() == "states");
  CHECK(d.fields[d.enumerators[3].field].name.view() == "height");
}

TEST_CASE("no member, one member, members far apart") {
  CHECK(describe<empty>().fields.empty());
  CHECK(check(describe<empty>()));
  CHECK(told<one>() == "only: 1 x 8 floating at 0\n");
  CHECK(told<padded>() == "c: 1 x 1 character at 0\nfar: 1 x 4 signed integer at 64\n");
  CHECK(describe<padded>().event_alignment == 64);
}

TEST_CASE("a local type is as good as any other") {
  struct local {
    int a;
    point p;
  };
  CHECK(told<local>() == "a: 1 x 4 signed integer at 0\np.x: 1 x 4 floating at 4\np.y: 1 x 4 floating at 8\n");
}

TEST_CASE("LEVADA_DESCRIBE serves a type with a base and a constructor") {
  CHECK(told<plant::event>() ==
        "sequence: 1 x 8 signed integer at 0\n"
        "source: 1 x 2 unsigned integer at 8\n"
        "value: 1 x 8 floating at 16\n"
        "codes: 2 x 4 signed integer at 24\n");
  CHECK(describe<plant::event>().event_size == sizeof(plant::event));
  CHECK(
      told<plant::nest>() ==
      "id: 1 x 4 signed integer at 0\ninside.sequence: 1 x 8 signed integer at 8\ninside.source: 1 x 2 unsigned integer at 16\n");

  struct holder {
    int id;
    std::array<float, 2> pair;
  };
  static_assert(describable<holder>);
}

TEST_CASE("the descriptor is made once and stays") {
  CHECK(describe<reading>().fields.data() == describe<reading>().fields.data());
}

TEST_CASE("what means nothing in another process is not describable") {
  struct with_pointer {
    int* p;
  };
  struct with_member_pointer {
    int point::* p;
  };
  struct with_reference {
    int& r;
  };
  struct with_bits {
    unsigned a : 3;
    unsigned b : 5;
  };
  struct with_one_bit_field {
    double d;
    unsigned a : 32;
  };
  struct with_long_double {
    long double d;
  };
  struct with_wide {
    wchar_t w;
  };
  struct with_string {
    std::string s;
  };
  struct with_base : point {
    int i;
  };
  struct with_empty_base : empty {
    int i;
  };
  union number {
    int i;
    float f;
  };
  struct with_union {
    number n;
  };
  struct deep {
    with_pointer inner[2];
  };
  class secret {
   public:
    [[nodiscard]] int get() const { return i; }

   private:
    int i = 0;
  };
  static_assert(!describable<with_pointer> && !describable<with_member_pointer> && !describable<with_reference>);
  static_assert(!describable<with_bits> && !describable<with_one_bit_field>);
  static_assert(!describable<with_long_double> && !describable<with_wide> && !describable<with_string>);
  static_assert(!describable<with_base> && !describable<with_empty_base> && !describable<number> && !describable<with_union>);
  static_assert(!describable<deep> && !describable<secret> && !describable<int> && !describable<int*> && !describable<int[3]>);
  static_assert(describable<reading> && describable<nasty> && describable<empty> && describable<plant::event>);
}
