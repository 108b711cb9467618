// SPDX-License-Identifier: BSL-1.0
#include <levada/wire/csv.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace levada;

namespace {

enum class state : std::int8_t { off = -1, idle, running };

struct reading {
  levada::timestamp timestamp;
  double value;

  bool operator==(const reading&) const = default;
};

struct all_kinds {
  bool good;
  char grade;
  std::int8_t small;
  std::uint16_t port;
  std::uint64_t large;
  float f;
  text<8> name;
  char raw[4];
  levada::timestamp time;
  levada::duration length;
  state now;
};

/// Rows and sentences, one a line, whatever the chunks.
template <class Row, class Show>
std::string parsed(std::string_view file, std::size_t chunk, Show show) {
  csv_parser<Row> parser;
  std::string out;
  auto drain = [&] {
    int faults = 0;
    for (Row row{}; faults < 100;) {
      auto more = parser.next(row);
      if (!more) {
        std::string sentence(more.error().sentence.view());
        CHECK(more.error().kind == failure::data);
        if (sentence.find("reported before") != std::string::npos) return;
        out += sentence + "\n";
        ++faults;
        continue;
      }
      if (!*more) return;
      out += show(row) + "\n";
    }
  };
  // Each chunk is memory of its own, so that a sanitizer sees a view that outlives it.
  for (; !file.empty(); file.remove_prefix(std::min(chunk, file.size()))) {
    std::vector<char> piece(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(std::min(chunk, file.size())));
    parser.feed({piece.data(), piece.size()});
    drain();
    if (chunk >= file.size()) break;
  }
  parser.end();
  drain();
  return out;
}

std::string show_reading(const reading& r) {
  return std::to_string(r.timestamp.ns / 1'000'000'000) + " " + std::to_string(r.value).substr(0, 5);
}

/// The same for every size of chunk.
std::string readings(std::string_view file) {
  std::string whole = parsed<reading>(file, file.size() + 1, show_reading);
  for (std::size_t chunk = 1; chunk < 20 && chunk <= file.size(); ++chunk)
    REQUIRE(parsed<reading>(file, chunk, show_reading) == whole);
  return whole;
}

struct named {
  text<16> a;
  text<16> b;
};
std::string cells(std::string_view file) {
  auto show = [](const named& n) { return "[" + std::string(n.a.view()) + "][" + std::string(n.b.view()) + "]"; };
  std::string whole = parsed<named>(file, file.size() + 1, show);
  for (std::size_t chunk = 1; chunk < 20 && chunk <= file.size(); ++chunk) REQUIRE(parsed<named>(file, chunk, show) == whole);
  return whole;
}

std::string first_fault(std::string_view file) {
  std::string s = readings(file);
  return s.substr(0, s.find('\n'));
}

}  // namespace

TEST_CASE("rows are read by the names in the header") {
  CHECK(readings("timestamp,value\n10,1.5\n20,2.5\n") == "10 1.500\n20 2.500\n");
  CHECK(readings("value,timestamp\n1.5,1970-01-01 00:00:10\n") == "10 1.500\n");
  CHECK(readings("id,value,note,timestamp\n7,1.5,hello,10\n") == "10 1.500\n");
  CHECK(readings("\"value\", timestamp\n1.5,10\n") == "10 1.500\n");
}

TEST_CASE("a byte order mark, carriage returns, empty lines, no last line feed") {
  CHECK(readings("\xEF\xBB\xBFtimestamp,value\r\n10,1.5\r\n\r\n20,2.5") == "10 1.500\n20 2.500\n");
  CHECK(readings("timestamp,value\n\n10,1.5\n\n\n20,2.5\n\n") == "10 1.500\n20 2.500\n");
  CHECK(readings("timestamp,value") == "");
}

TEST_CASE("without a header line there is nothing to read") {
  CHECK(readings("").find("line 1: nothing is there") != std::string::npos);
  CHECK(readings("\n\n").find("line 3: nothing is there") != std::string::npos);
}

TEST_CASE("quotes: commas, line feeds and doubled quotes inside") {
  CHECK(cells("a,b\n\"x,y\",z\n") == "[x,y][z]\n");
  CHECK(cells("a,b\n\"x\ny\",z\n") == "[x\ny][z]\n");
  CHECK(cells("a,b\n\"x\"\"y\",\"\"\"\"\n") == "[x\"y][\"]\n");
  CHECK(cells("a,b\n\"\",\n") == "[][]\n");
  CHECK(cells("a,b\r\n\"x\r\ny\",\"z\"\r\n") == "[x\r\ny][z]\n");
  CHECK(cells("a,b\n x , y \n") == "[ x ][ y ]\n");
  CHECK(cells("a,b\n\"\"\"\",\"\"\"\"\"\"\n") == "[\"][\"\"]\n");
}

TEST_CASE("quotes where none may be are refused") {
  CHECK(cells("a,b\n5\" pipe,z\n1,2\n").starts_with("line 2, column 1: a quote stands where none may be"));
  CHECK(cells("a,b\n5\" pipe,z\n1,2\n").ends_with("[1][2]\n"));
  CHECK(cells("a,b\nx,\"y\"z\n1,2\n").starts_with("line 2, column 2: a quote stands where none may be"));
  CHECK(cells("a,b\n1,2\nx,\"y\n3,4\n") == "[1][2]\nline 3: a quote opens in this line and is never closed\n");
}

TEST_CASE("every kind of member") {
  auto show = [](const all_kinds& r) {
    return std::to_string(r.good) + " " + r.grade + " " + std::to_string(r.small) + " " + std::to_string(r.port) + " " +
           std::to_string(r.large) + " " + std::to_string(r.f) + " " + std::string(r.name.view()) + " " + std::string(r.raw) +
           " " + std::to_string(r.time.ns) + " " + std::to_string(r.length.ns) + " " + std::to_string(static_cast<int>(r.now));
  };
  const std::string head = "good,grade,small,port,large,f,name,raw,time,length,now\n";
  auto read = [&](const std::string& row) {
    auto s = parsed<all_kinds>(head + row + "\n", 4096, show);
    return s.substr(0, s.size() - 1);
  };
  CHECK(read("true,A,-128,65535,18446744073709551615,0.5,seven c,abc,1970-01-01T00:00:01Z,-1.5,running") ==
        "1 A -128 65535 18446744073709551615 0.500000 seven c abc 1000000000 -1500000000 1");
  CHECK(read(" FALSE , ,+127, 0 ,0,-inf,\"\",,0,0,-1") == "0   127 0 0 -inf   0 0 -1");
  CHECK(read("1,\"\"\"\",0,0,0,0,,,0,0,off").starts_with("1 \" 0"));

  auto sentence = [&](const std::string& row, std::string_view part) {
    CHECK_MESSAGE(read(row).find(part) != std::string::npos, read(row));
  };
  sentence("yes,A,0,0,0,0,,,0,0,off", "line 2, column 'good': 'yes' is neither true nor false");
  sentence("1,AB,0,0,0,0,,,0,0,off", "column 'grade': 'AB' is not one character");
  sentence("1,A,128,0,0,0,,,0,0,off", "column 'small': '128' is too large or too small for the member");
  sentence("1,A,0,-1,0,0,,,0,0,off", "column 'port': '-1' is not a whole number");
  sentence("1,A,0,0,1.5,0,,,0,0,off", "column 'large': '1.5' is not a whole number");
  sentence("1,A,0,0,0,1e99,,,0,0,off", "column 'f': '1e99' is too large or too small");
  sentence("1,A,0,0,0,0,eight ch,,0,0,off", "column 'name': 'eight ch' is longer than the 7 bytes of the member");
  sentence("1,A,0,0,0,0,,abcd,0,0,off", "column 'raw': 'abcd' is longer than the 3 bytes");
  sentence("1,A,0,0,0,0,,,2013-02-30,0,off", "column 'time': '2013-02-30' is not a time");
  sentence("1,A,0,0,0,0,,,0,5s,off", "column 'length': '5s' is not a number of seconds");
  sentence("1,A,0,0,0,0,,,0,0,broken", "column 'now': 'broken' is not a value of the enumeration");
  sentence("1,A,0,0,0,0,,,0,0,200", "column 'now': '200' is not a value of the enumeration");
}

TEST_CASE("arrays and nested structs have a column for each element") {
  struct nested {
    float axes[2];
    struct {
      int x;
    } position;
  };
  auto show = [](const nested& n) {
    return std::to_string(n.axes[0]) + std::to_string(n.axes[1]) + std::to_string(n.position.x);
  };
  CHECK(parsed<nested>("axes.1,position.x,axes.0\n1,2,3\n", 99, show) == "3.0000001.0000002\n");
  CHECK(parsed<nested>("position.x,axes.0\n1,2\n", 99, show).starts_with("line 1: there is no column 'axes.1'"));
}

TEST_CASE("faults name the line and the column, and the rows behind a bad one are read") {
  CHECK(readings("timestamp,value\n10,abc\n20,2.5\n") == "line 2, column 'value': 'abc' is not a number\n20 2.500\n");
  CHECK(first_fault("timestamp,value\n10,\n") == "line 2, column 'value': '' is not a number");
  CHECK(first_fault("timestamp,value\n10,1.5x\n") == "line 2, column 'value': '1.5x' is not a number");
  CHECK(first_fault("timestamp,value\nnow,1\n") == "line 2, column 'timestamp': 'now' is not a time");
  CHECK(readings("timestamp,value\n10\n20,2.5\n") == "line 2: 1 cells, but the header has 2 columns\n20 2.500\n");
  CHECK(first_fault("timestamp,value\n10,1,2\n") == "line 2: more cells than the 2 columns of the header");
  CHECK(first_fault("timestamp,value\n1,1,\n") == "line 2: more cells than the 2 columns of the header");
}

TEST_CASE("lines are counted as an editor counts them, also inside quotes and empty ones") {
  CHECK(first_fault("timestamp,value,note\n\n1,1,\"a\nb\nc\"\n1,x,\n").find("line 6, column 'value'") ==
        std::string::npos);  // a row comes first
  CHECK(readings("timestamp,value,note\n\n1,1,\"a\nb\nc\"\n1,x,\n") == "1 1.000\nline 6, column 'value': 'x' is not a number\n");
}

TEST_CASE("a header that does not fit stops the reader") {
  CHECK(readings("time,value\n10,1\n") == "line 1: there is no column 'timestamp'; the names are time,value\n");
  CHECK(readings("timestamp,value,value\n10,1,2\n") == "line 1: two columns are named 'value'\n");
  CHECK(readings("timestamp,va\"lue\n10,1\n") == "line 1, column 2: a quote stands inside a name\n");
  std::string wide = "timestamp,value";
  for (std::size_t i = 0; i < most_csv_columns; ++i) wide += ",x";
  CHECK(parsed<reading>(wide + "\n", 9999, show_reading) == "line 1: more than 512 columns\n");
}

TEST_CASE("control characters of a file do not reach the terminal") {
  CHECK(first_fault("timestamp,value\n10,\x1b[2J\n") == "line 2, column 'value': '?[2J' is not a number");
}

TEST_CASE("a line has a bounded length") {
  std::string longest = "timestamp,value,note\n10,1.5," + std::string(most_csv_bytes - 8, 'x') + "\n20,2,\n";
  for (std::size_t chunk : {std::size_t{1000}, most_csv_bytes, std::size_t{1'000'000}}) {
    CHECK(parsed<reading>(longest, chunk, show_reading) == "10 1.500\n20 2.000\n");
    auto longer = longest;
    longer.insert(40, "x");
    CHECK(parsed<reading>(longer, chunk, show_reading) ==
          "line 2: the line is longer than 65536 bytes: is a quote not closed?\n");
  }
  CHECK(parsed<reading>("timestamp,value\n\"" + std::string(100'000, '\n'), 5000, show_reading)
            .starts_with("line 2: the line is longer"));
}

TEST_CASE("random tables, written and read back, in chunks of random size") {
  std::mt19937 random(17);
  const std::string_view alphabet = "ab,\"\n\r ;é";
  for (int round = 0; round < 300; ++round) {
    std::string file = "b,a\n", expected;
    for (std::size_t r = 0; r < random() % 6; ++r) {
      std::string two[2];
      for (auto& s : two) {
        for (std::size_t n = random() % 7; n > 0; --n) s += alphabet[random() % alphabet.size()];
        file += '"';
        for (char c : s) file += c == '"' ? "\"\"" : std::string(1, c);
        file += &s == two ? "\"," : "\"\n";
      }
      expected += "[" + two[1] + "][" + two[0] + "]\n";
    }
    if (random() % 2 && file.size() > 4) file.pop_back();
    REQUIRE(cells(file) == expected);
  }
}

TEST_CASE("damaged files give rows or sentences, never more") {
  std::mt19937 random(23);
  const std::string whole = "timestamp,value,note\n2013-12-02 21:15:00,73.96,\"a, b\"\n2013-12-02 21:20:00,74.93,c\n";
  for (int round = 0; round < 3000; ++round) {
    std::string file = whole;
    for (int k = 0; k < 3; ++k) file[random() % file.size()] = "\",\n\r\0x9-"[random() % 8];
    auto out = parsed<reading>(file, file.size() + 1, show_reading);
    REQUIRE(out == parsed<reading>(file, 1 + random() % 9, show_reading));
  }
}
