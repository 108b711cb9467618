// SPDX-License-Identifier: BSL-1.0
// script: sources that say one thing a turn, and a sink and an operator that write down all that they hear: what the tests of
// signals have in common.
#pragma once

#include <levada/core/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace support {

struct step {
  enum what : std::uint8_t { event, watermark, idle, barrier, end, nothing } kind = nothing;
  std::int64_t value = 0;
};

/// Says one step a poll; after the last it has nothing, but does not end.
struct scripted {
  using event_type = std::int64_t;
  static constexpr bool carries_barriers = true;
  std::vector<step> steps;
  std::size_t at = 0;

  [[nodiscard]] levada::polled poll(auto out, std::size_t) {
    if (at == steps.size()) return levada::polled::nothing;
    const step s = steps[at++];
    switch (s.kind) {
      case step::event: out(std::span<const std::int64_t>(&s.value, 1)); break;
      case step::watermark: out.raise(levada::watermark{{s.value}}); break;
      case step::idle: out.raise(levada::idle{}); break;
      case step::barrier: out.raise(levada::barrier{static_cast<std::uint64_t>(s.value)}); break;
      case step::end: return levada::polled::end;
      case step::nothing: return levada::polled::nothing;
    }
    return levada::polled::events;
  }
  [[nodiscard]] std::uint64_t position() const { return at; }
};
/// The same, of a kind into whose stream no barrier can be put.
struct scripted_without_barriers : scripted {
  static constexpr bool carries_barriers = false;
};

inline std::string words_of(const levada::start& s) { return "start " + std::to_string(s.slots); }
inline std::string words_of(const levada::tick& t) { return "tick " + std::to_string(t.now.ns); }
inline std::string words_of(const levada::watermark& w) { return "watermark " + std::to_string(w.time.ns); }
inline std::string words_of(const levada::idle&) { return "idle"; }
inline std::string words_of(const levada::flush&) { return "flush"; }
inline std::string words_of(const levada::barrier& b) { return "barrier " + std::to_string(b.id); }
inline std::string words_of(const levada::retire& r) { return "retire " + std::to_string(r.slot); }
inline std::string words_of(const levada::durable& d) { return "durable " + std::to_string(d.id); }
inline std::string words_of(const levada::suspend&) { return "suspend"; }
inline std::string words_of(const levada::end_of_stream&) { return "end"; }

using page = std::vector<std::string>;

/// A sink that writes down what it hears, in order. A flush says nothing that a test could foretell: left out if you like.
struct diary {
  using is_sink = void;
  page* lines;
  bool with_flush = false;

  template <class E>
    requires std::is_arithmetic_v<E>
  void write(const E& e, auto) {
    lines->push_back(std::to_string(e));
  }
  template <levada::signal S>
  void on(const S& s, auto) {
    if (with_flush || !std::is_same_v<S, levada::flush>) lines->push_back(words_of(s));
  }
};

/// An operator that writes its letter and what it hears, and passes everything on.
struct spy {
  static constexpr std::string_view kind = "spy";
  static constexpr std::string_view name = "";
  static constexpr bool one_to_one = true;
  page* lines;
  std::string letter;

  template <class E>
  using output = E;
  template <class E>
  static consteval bool fits() {
    return true;
  }
  void operator()(const auto& e, auto out) { out(e); }
  template <levada::signal S>
  void on(const S& s, auto out) {
    lines->push_back(letter + ' ' + words_of(s));
    out.raise(s);
  }
};
inline auto listen(page& lines, std::string letter) { return levada::link{spy{&lines, std::move(letter)}}; }

/// In one line, for a test that fails to be read.
inline std::string text(const page& lines) {
  std::string all;
  for (const std::string& line : lines) (all += line) += "; ";
  return all;
}

/// The lines that begin with a word.
inline page only(const page& lines, std::string_view word) {
  page found;
  for (const std::string& line : lines)
    if (line.starts_with(word)) found.push_back(line);
  return found;
}
inline page without(const page& lines, std::string_view word) {
  page found;
  for (const std::string& line : lines)
    if (!line.starts_with(word)) found.push_back(line);
  return found;
}

}  // namespace support
