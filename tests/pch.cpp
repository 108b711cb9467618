// SPDX-License-Identifier: BSL-1.0
// Empty: main.cpp must not see pch.hpp, and CMake builds a precompiled header only where a source uses it.
