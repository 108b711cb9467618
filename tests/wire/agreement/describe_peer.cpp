// SPDX-License-Identifier: BSL-1.0
// describe_peer: prints the descriptors of awkward types. Whichever compiler built it, it must print the same.
#include <levada/wire/descriptor.hpp>

#include <cstdio>

namespace {

enum class state : std::uint8_t { idle, running, broken = 7, beyond = 200 };
enum class level : std::int16_t { low = -8, zero = 0, alias = 0, high = 119 };
enum plain { red, green, blue };
enum class bare {};

template <class T>
struct machine {
  enum class mode { off, on };
  mode now;
  T value;
};

struct point {
  float x, y;
};
struct box_of_points {
  point corners[2];
  struct {
    int width, height;
  } size;
};

struct numbers {
  bool b;
  char c;
  signed char sc;
  unsigned char uc;
  short s;
  unsigned short us;
  int i;
  unsigned u;
  long l;
  unsigned long ul;
  long long ll;
  unsigned long long ull;
  float f;
  double d;
  std::int8_t i8;
  std::uint64_t u64;
  std::size_t size;
  std::byte byte;
};
struct words {
  levada::text<2> shortest;
  levada::text<48> name;
  char raw[64];
  char one[1];
  std::array<char, 7> odd;
  char lines[3][5];
  levada::text<8> many[2];
};
struct times {
  levada::timestamp at;
  levada::duration length;
  levada::timestamp edges[2];
};
struct enumerations {
  state s;
  level l;
  plain p;
  bare b;
  state pair[2];
  machine<double>::mode m;
};
struct arrays {
  int flat[4];
  int grid[2][3];
  int cube[2][2][2];
  std::array<std::array<short, 3>, 2> matrix;
  std::array<int[2], 2> mixed;
  box_of_points boxes[2];
  std::array<point, 2> points;
};
struct padding {
  char a;
  double b;
  char c;
  alignas(32) short d;
  char e;
};
struct without_room {
  char a;
  [[no_unique_address]] struct {
  } nothing;
  int b;
};
struct empty {};
struct forty {
  char m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18, m19;
  double m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34, m35, m36, m37, m38, m39;
};
struct größe {
  int länge;
};

}  // namespace

namespace plant {
struct header {
  std::int64_t sequence;
};
struct measured : header {
  explicit measured(double v) : value(v) {}
  double value;
};
}  // namespace plant
LEVADA_DESCRIBE(plant::measured, sequence, value);

namespace {

template <class T>
void print(const char* title) {
  auto d = levada::describe<T>();
  std::printf("%s: %u bytes aligned to %u, %s\n", title, d.event_size, d.event_alignment, levada::check(d) ? "sound" : "broken");
  for (auto& f : d.fields) {
    auto kind = name_of(f.kind);
    std::printf("  %s: %u of %u-byte %.*s at %u%s\n", f.name.c_str(), f.count, f.size, static_cast<int>(kind.size()), kind.data(),
                f.offset, f.has_sign != 0 ? ", with a sign" : "");
  }
  for (auto& e : d.enumerators) std::printf("  %u: %s = %lld\n", e.field, e.name.c_str(), static_cast<long long>(e.value));
}

}  // namespace

int main() {
  struct local {
    state s;
    point p[2];
  };
  print<numbers>("numbers");
  print<words>("words");
  print<times>("times");
  print<enumerations>("enumerations");
  print<arrays>("arrays");
  print<padding>("padding");
  print<without_room>("without_room");
  print<empty>("empty");
  print<forty>("forty");
  print<größe>("größe");
  print<machine<int>>("machine<int>");
  print<machine<machine<float>>>("machine<machine<float>>");
  print<plant::measured>("plant::measured");
  print<local>("local");
}
