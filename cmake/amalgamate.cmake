# SPDX-License-Identifier: BSL-1.0
# cmake -DINCLUDE=DIRECTORY -DOUTPUT=FILE -P amalgamate.cmake: writes all that levada/levada.hpp reaches into one file.
#
# A header stands behind those that it includes. Its text is its own, without its licence line, its #pragma once and the
# includes that the file has already. An include under a condition stays there: a system header as it is, one of ours as its
# text. What that text needs in turn comes before the condition, for others may need it as well.
cmake_minimum_required(VERSION 3.25)

# CMake's lists take brackets, semicolons and backslashes for their own, so a header is read without them.
string(ASCII 1 bracket_open)
string(ASCII 2 bracket_close)
string(ASCII 3 semicolon)
string(ASCII 4 backslash)

function(read_lines name lines)
  file(READ "${INCLUDE}/${name}" text)
  string(REPLACE "\\" "${backslash}" text "${text}")
  string(REPLACE "[" "${bracket_open}" text "${text}")
  string(REPLACE "]" "${bracket_close}" text "${text}")
  string(REPLACE ";" "${semicolon}" text "${text}")
  string(REGEX REPLACE "\n+$" "" text "${text}")
  string(REPLACE "\n" ";" text "${text}")
  set(${lines} "${text}" PARENT_SCOPE)
endfunction()

macro(count_conditions line)
  if("${line}" MATCHES "^ *# *if")
    math(EXPR conditions "${conditions} + 1")
  elseif("${line}" MATCHES "^ *# *endif")
    math(EXPR conditions "${conditions} - 1")
  endif()
endmacro()

# The global properties: `text` is the file, `written` and `optional` are our headers in it (always, under a condition), and
# `system` are the system headers that it includes.
function(write_needs name)
  read_lines("${name}" lines)
  set(conditions 0)
  foreach(line IN LISTS lines)
    count_conditions("${line}")
    if(NOT line MATCHES "^ *# *include <(levada/[^>]+)>")
      continue()
    endif()
    set(other "${CMAKE_MATCH_1}")
    get_property(written GLOBAL PROPERTY written)
    get_property(optional GLOBAL PROPERTY optional)
    if(conditions GREATER 0)
      set_property(GLOBAL APPEND PROPERTY optional "${other}")
      write_needs("${other}")
    elseif(other IN_LIST optional)
      message(FATAL_ERROR "amalgamate: ${name} always includes <${other}>, another header includes it under a condition")
    elseif(NOT other IN_LIST written)
      set_property(GLOBAL APPEND PROPERTY written "${other}")
      write_needs("${other}")
      write("${other}" always)
    endif()
  endforeach()
endfunction()

function(write name when)
  read_lines("${name}" lines)
  set(text "\n// ---- ${name}\n")
  set(conditions 0)
  foreach(line IN LISTS lines)
    count_conditions("${line}")
    if(line MATCHES "^// SPDX-License-Identifier" OR line STREQUAL "#pragma once")
      continue()
    elseif(line MATCHES "^ *# *include <(levada/[^>]+)>")
      if(conditions GREATER 0)
        set_property(GLOBAL APPEND_STRING PROPERTY text "${text}")
        set(text "")
        write("${CMAKE_MATCH_1}" sometimes)
      endif()
      continue()
    elseif(line MATCHES "^#include <([^>]+)>" AND conditions EQUAL 0 AND when STREQUAL "always")
      get_property(system GLOBAL PROPERTY system)
      if(CMAKE_MATCH_1 IN_LIST system)
        continue()
      endif()
      set_property(GLOBAL APPEND PROPERTY system "${CMAKE_MATCH_1}")
    endif()
    string(APPEND text "${line}\n")
  endforeach()
  set_property(GLOBAL APPEND_STRING PROPERTY text "${text}")
endfunction()

write_needs(levada/levada.hpp)

get_property(text GLOBAL PROPERTY text)
string(REPLACE "${backslash}" "\\" text "${text}")
string(REPLACE "${bracket_open}" "[" text "${text}")
string(REPLACE "${bracket_close}" "]" text "${text}")
string(REPLACE "${semicolon}" ";" text "${text}")
string(REGEX REPLACE "\n\n\n+" "\n\n" text "${text}")
file(WRITE "${OUTPUT}" "// SPDX-License-Identifier: BSL-1.0
// levada: all of it in one file, made by cmake/amalgamate.cmake. Its sources, one concept a header, are in include/levada.
#pragma once
${text}")
