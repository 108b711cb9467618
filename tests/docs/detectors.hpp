// SPDX-License-Identifier: BSL-1.0
// What the examples of docs/detectors.md take for granted.
float temperature, pressure, current;  // of a machine
struct position {
  float x, y;
};
std::vector<position> positions;
void draw(const auto&...) {}  // a rectangle
