// SPDX-License-Identifier: BSL-1.0
// plot: the promised ratios as bars, in an SVG that is readable on light and on dark ground, with its text as text.
#pragma once

#include "board.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

namespace bench {

/// One bar for each row with a floor, as long as its ratio; a tick where the floor is. A ratio beyond the edge is cut, and its
/// figure says it all the same.
inline void write_plot(std::ostream& out, const std::vector<row>& rows) {
  constexpr int left = 330, width = 360, right = 70, line = 20, top = 34;
  const double edge = 4;
  std::vector<const row*> bars;
  for (const row& r : rows)
    if (!std::isnan(r.floor) && r.of.state != "busy") bars.push_back(&r);
  const auto x = [edge](double ratio) {
    return left + static_cast<int>(std::lround(std::clamp(ratio, 0.0, edge) / edge * width));
  };
  const int height = top + line * static_cast<int>(bars.size()) + 30;

  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << left + width + right << ' ' << height
      << "\" font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\">\n"
         "<title>levada beside its peers and budgets: ratios, and the floor of each</title>\n"
         "<style>\n"
         "  text { fill: #24292f } .floor { stroke: #24292f; stroke-width: 2 }\n"
         "  .kept { fill: #2f81a8 } .missed { fill: #c2643a }\n"
         "  .even { stroke: #8c959f; stroke-dasharray: 3 3 } .small { font-size: 11px }\n"
         "  @media (prefers-color-scheme: dark) {\n"
         "    text { fill: #e6edf3 } .kept { fill: #4fa8d0 } .missed { fill: #e0835a } .floor { stroke: #e6edf3 }\n"
         "  }\n"
         "</style>\n"
      << "<text x=\"" << left << "\" y=\"16\">ratio to the peer; right of 1 levada is ahead; | marks the floor</text>\n"
      << "<line class=\"even\" x1=\"" << x(1) << "\" y1=\"" << top - 8 << "\" x2=\"" << x(1) << "\" y2=\"" << height - 26
      << "\"/>\n";
  int y = top;
  for (const row* r : bars) {
    const std::string state = r->of.state == "na" ? "" : ", " + r->of.state;
    const std::string peer = r->peer_name == "budget" ? "budget " + figure(r->peer) + ' ' + r->of.unit : r->peer_name;
    out << "<text x=\"" << left - 8 << "\" y=\"" << y + 12 << "\" text-anchor=\"end\">" << r->of.name << ' ' << r->of.metric
        << " / " << peer << "<tspan class=\"small\"> (" << r->of.compiler << state << ")</tspan></text>\n"
        << "<rect class=\"" << (r->is_missed() ? "missed" : "kept") << "\" x=\"" << left << "\" y=\"" << y + 2 << "\" width=\""
        << x(r->ratio) - left << "\" height=\"" << line - 7 << "\" rx=\"2\"/>\n"
        << "<line class=\"floor\" x1=\"" << x(r->floor) << "\" y1=\"" << y << "\" x2=\"" << x(r->floor) << "\" y2=\""
        << y + line - 3 << "\"/>\n"
        << "<text x=\"" << std::max(x(r->ratio), x(r->floor)) + 6 << "\" y=\"" << y + 12 << "\">" << figure(r->ratio)
        << "</text>\n";
    y += line;
  }
  for (int tick = 0; tick <= static_cast<int>(edge); ++tick)
    out << "<text class=\"small\" x=\"" << x(tick) << "\" y=\"" << height - 8 << "\" text-anchor=\"middle\">" << tick
        << "</text>\n";
  out << "</svg>\n";
}

}  // namespace bench
