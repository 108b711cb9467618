// SPDX-License-Identifier: BSL-1.0
// csv: comma-separated values (RFC 4180) into described events, by the names in the header line. It does no I/O: the caller
// feeds it chunks of bytes as they come.
#pragma once

#include <levada/core/config.hpp>
#include <levada/core/result.hpp>
#include <levada/core/text.hpp>
#include <levada/wire/descriptor.hpp>
#include <levada/wire/detail/cell.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace levada::inline v0 {

/// A line, with all that its quotes enclose, has at most this many bytes, a file this many columns.
inline constexpr std::size_t most_csv_bytes = 64 * 1024;
inline constexpr std::size_t most_csv_columns = 512;

namespace detail {

struct csv_cell {
  std::string_view characters;
  bool doubled_quotes = false;  // each quote in it stands twice
};

/// The cells of one line, from left to right.
class csv_cells {
 public:
  explicit csv_cells(std::string_view line) : rest_(line) {}

  [[nodiscard]] bool done() const { return done_; }

  /// False if the quotes in the next cell are not where they may be.
  [[nodiscard]] bool take(csv_cell& cell) {
    if (rest_.starts_with('"')) return take_quoted(cell);
    cell = {rest_.substr(0, rest_.find(',')), false};
    if (cell.characters.find('"') != std::string_view::npos) return false;
    return leave(cell.characters.size());
  }

 private:
  bool take_quoted(csv_cell& cell) {
    bool doubled = false;
    std::size_t end = rest_.find('"', 1);
    while (end + 1 < rest_.size() && rest_[end + 1] == '"') {
      doubled = true;
      end = rest_.find('"', end + 2);
      if (end == std::string_view::npos) return false;
    }
    if (end == std::string_view::npos) return false;
    cell = {rest_.substr(1, end - 1), doubled};
    return leave(end + 1);
  }
  bool leave(std::size_t n) {
    done_ = n == rest_.size();
    if (!done_ && rest_[n] != ',') return false;
    rest_.remove_prefix(done_ ? n : n + 1);
    return true;
  }

  std::string_view rest_;
  bool done_ = false;
};

/// Cuts a stream of chunks into lines. A line that lies in one chunk is not copied.
class csv_lines {
 public:
  enum class step : std::uint8_t { line, hungry, too_long, unterminated };

  void feed(std::string_view chunk) {
    LEVADA_CHECK(rest_.empty(), rest_.size());
    rest_ = chunk;
  }
  void end() { ended_ = true; }
  [[nodiscard]] bool ended() const { return ended_; }

  /// The line lives until the next call.
  step next(std::string_view& line) {
    std::size_t length = 0;
    bool found = false;
    for (; length < rest_.size() && !found; ++length) found = ends_at(rest_[length]);
    std::string_view piece = rest_.substr(0, length);
    rest_.remove_prefix(length);
    if (held_ + piece.size() > memory_.size()) return step::too_long;
    if (held_ > 0 || !found) {
      if (!piece.empty()) std::memcpy(memory_.data() + held_, piece.data(), piece.size());
      held_ += piece.size();
      if (!found && (!ended_ || held_ == 0)) return step::hungry;
      if (!found && at_ == place::quoted) return step::unterminated;
      piece = {memory_.data(), held_};
      held_ = 0;
      at_ = place::begin;
    }
    if (piece.ends_with('\n')) piece.remove_suffix(1);
    if (piece.ends_with('\r')) piece.remove_suffix(1);
    line = piece;
    return step::line;
  }

 private:
  enum class place : std::uint8_t { begin, plain, quoted, closed };

  /// Whether c ends a line: a line feed that is not between quotes. A quote opens only where a cell begins.
  bool ends_at(char c) {
    if (at_ == place::quoted) {
      if (c == '"') at_ = place::closed;
      return false;
    }
    if (c == '"' && at_ != place::plain)
      at_ = place::quoted;  // also the second of a doubled quote
    else
      at_ = c == ',' || c == '\n' ? place::begin : place::plain;
    return c == '\n';
  }

  std::string_view rest_{};
  std::size_t held_ = 0;
  place at_ = place::begin;
  bool ended_ = false;
  std::array<char, most_csv_bytes> memory_;  // the beginning of a line that goes on in the next chunk
};

/// The part of the reader that does not depend on the type of the row.
class csv_reader {
 public:
  explicit csv_reader(const descriptor_view& descriptor) : descriptor_(descriptor) {}

  void feed(std::string_view chunk) {
    if (!stopped_) lines_.feed(chunk);
  }
  void end() { lines_.end(); }
  [[nodiscard]] std::uint64_t line() const { return line_; }

  result<bool> next(std::byte* event) {
    if (stopped_)
      return fault::of(failure::data, "line ", line_, ": nothing can be read behind the error that was reported before");
    for (;;) {
      std::string_view line;
      auto step = lines_.next(line);
      if (step == csv_lines::step::hungry) {
        if (!lines_.ended() || columns_ != 0) return false;
        line_ = next_line_;
        return stop("nothing is there: a line with the names of the columns must come first");
      }
      line_ = next_line_;
      if (step == csv_lines::step::too_long)
        return stop("the line is longer than ", most_csv_bytes, " bytes: is a quote not closed?");
      if (step == csv_lines::step::unterminated) return stop("a quote opens in this line and is never closed");
      ++next_line_;
      for (char c : line) next_line_ += c == '\n' ? 1u : 0u;
      if (columns_ == 0 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
      if (line.empty()) continue;
      if (columns_ != 0) return row(line, event);
      if (auto head = header(line); !head) {
        stopped_ = true;
        return head.error();
      }
    }
  }

 private:
  struct target {
    std::uint16_t field = none;
    std::uint32_t element = 0;
    static constexpr std::uint16_t none = 0xFFFF;
  };

  template <class... Part>
  [[nodiscard]] fault at_line(const Part&... part) const {
    return fault::of(failure::data, "line ", line_, part...);
  }
  template <class... Part>
  fault stop(const Part&... part) {
    stopped_ = true;
    return at_line(": ", part...);
  }

  /// What a file holds may do harm to a terminal, or be long.
  static text<48> shown(std::string_view s) {
    text<48> t(s.substr(0, 40));
    for (char& c : t.bytes)
      if ((c > 0 && c < ' ') || c == '\x7f') c = '?';
    return t;
  }

  /// The column of element k of a member: its name, and for an array "name.k".
  [[nodiscard]] text<64> column_of(std::size_t i, std::uint32_t k) const {
    const field& f = descriptor_.fields[i];
    return f.count == 1 ? text<64>(f.name.view()) : compose<64>(f.name, ".", k);
  }
  [[nodiscard]] target find(std::string_view name) const {
    for (std::size_t i = 0; i < descriptor_.fields.size(); ++i) {
      const field& f = descriptor_.fields[i];
      if (!name.starts_with(f.name.view())) continue;
      for (std::uint32_t k = 0; k < f.count && k < most_csv_columns; ++k)
        if (column_of(i, k).view() == name) return {static_cast<std::uint16_t>(i), k};
    }
    return {};
  }

  result<> header(std::string_view line) {
    std::size_t n = 0;
    csv_cells cells(line);
    for (; !cells.done(); ++n) {
      csv_cell cell;
      if (!cells.take(cell)) return at_line(", column ", n + 1, ": a quote stands inside a name");
      if (n == most_csv_columns) return at_line(": more than ", most_csv_columns, " columns");
      targets_[n] = find(without_blanks(cell.characters));
      for (std::size_t j = 0; j < n; ++j)
        if (targets_[n].field != target::none && targets_[j].field == targets_[n].field &&
            targets_[j].element == targets_[n].element)
          return at_line(": two columns are named '", column_of(targets_[n].field, targets_[n].element), "'");
    }
    for (std::size_t i = 0; i < descriptor_.fields.size(); ++i)
      for (std::uint32_t k = 0; k < descriptor_.fields[i].count; ++k)
        if (!has_column(n, i, k)) return at_line(": there is no column '", column_of(i, k), "'; the names are ", shown(line));
    columns_ = n;
    return {};
  }
  [[nodiscard]] bool has_column(std::size_t n, std::size_t i, std::uint32_t k) const {
    for (std::size_t j = 0; j < n; ++j)
      if (targets_[j].field == i && targets_[j].element == k) return true;
    return false;
  }

  result<bool> row(std::string_view line, std::byte* event) {
    std::size_t n = 0;
    for (csv_cells cells(line); !cells.done(); ++n) {
      csv_cell cell;
      if (!cells.take(cell))
        return at_line(", column ", n + 1,
                       ": a quote stands where none may be: enclose the cell in quotes and double those in it");
      if (n == columns_) return at_line(": more cells than the ", columns_, " columns of the header");
      auto [i, k] = targets_[n];
      if (i == target::none) continue;
      complaint wrong = read_cell(descriptor_, i, k, cell.characters, cell.doubled_quotes, event);
      if (!wrong.empty()) [[unlikely]]
        return at_line(", column '", column_of(i, k), "': '", shown(cell.characters), "' ", wrong);
    }
    if (n < columns_) return at_line(": ", n, " cells, but the header has ", columns_, " columns");
    return true;
  }

  descriptor_view descriptor_;
  std::uint64_t line_ = 0;       // where the line that was read last begins
  std::uint64_t next_line_ = 1;  // where the one behind it begins
  std::size_t columns_ = 0;
  bool stopped_ = false;
  std::array<target, most_csv_columns> targets_{};  // where the cells of each column go
  csv_lines lines_;
};

}  // namespace detail

/// Fills a Row from each line behind the header. Columns are found by their names, in any order; those that Row has no
/// member for are ignored; every member needs one ("axes.0", "axes.1" for an array, "position.x" for a struct).
///   parser.feed(chunk); while (auto more = parser.next(row)) { if (!*more) break; use(row); }    then end(), and once more.
/// Takes  chunks cut anywhere, with or without a byte order mark, carriage returns and a last line feed. Empty lines are
///        skipped. A chunk must live until next() gives false.
/// Emits  numbers in decimal, times as in parse_time, lengths of time in seconds, true/false/1/0, enumerations by name.
/// Holds  64 KiB for a line that goes on in the next chunk, and 4 KiB for the columns.
/// Fails  data: with the line and the column. A bad row is passed over by the next call; after a bad header, a line that is too
///        long or a quote that is never closed the reader stops.
/// Costs  no allocation; one pass to find the end of a line, one over its cells.
template <describable Row>
class csv_parser {
 public:
  void feed(std::string_view chunk) { reader_.feed(chunk); }
  /// Nothing follows: what is held back is a line.
  void end() { reader_.end(); }
  /// True: row is the next one. False: feed the next chunk, or after end() stop.
  result<bool> next(Row& row) { return reader_.next(reinterpret_cast<std::byte*>(&row)); }
  /// The line, from 1, in which the row that was read last begins.
  [[nodiscard]] std::uint64_t line() const { return reader_.line(); }

 private:
  detail::csv_reader reader_{describe<Row>()};
};

}  // namespace levada::inline v0
