# SPDX-License-Identifier: BSL-1.0
# Makes levada_add_kernels(target FILE...), and the target levada::simd (levada, and its own kernels for each instruction set of
# this architecture) where xsimd is found. Included by levada's own build, and by its package for those who ask for the component:
# nobody else has to have xsimd, and without it the same calls run the plain C++ twins.
include_guard(GLOBAL)

find_path(LEVADA_XSIMD_INCLUDE_DIR xsimd/xsimd.hpp DOC "Where xsimd/xsimd.hpp is")
mark_as_advanced(LEVADA_XSIMD_INCLUDE_DIR)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(levada_isas sse4_2 avx2 avx512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(levada_isas neon64)
else()
  set(levada_isas "")
endif()
set(LEVADA_ISAS "${levada_isas}" CACHE STRING "Instruction sets that kernels are compiled for")
mark_as_advanced(LEVADA_ISAS)
# Each flag names features that runs_here() in levada/simd/isa.hpp asks the processor for, one by one.
set(LEVADA_FLAGS_sse4_2 -msse4.2 -mpopcnt CACHE INTERNAL "")
set(LEVADA_FLAGS_avx2 -mavx2 -mfma CACHE INTERNAL "")
set(LEVADA_FLAGS_avx512 -mavx2 -mfma -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi
                        -mprefer-vector-width=512 CACHE INTERNAL "")
set(LEVADA_FLAGS_neon64 "" CACHE INTERNAL "")

# levada_add_kernels(target FILE...): compiles the units once for each instruction set and adds the objects to the target; to those
# who link it, if it is an interface library. levada/simd/kernels.hpp says what a unit looks like.
#
# An inline function of the standard library that a unit uses is compiled with the unit's flags, and the linker keeps one copy of
# it for the whole program: perhaps the one that crashes older processors. So each object is *sealed*: linked by itself with its
# groups dissolved, and of its symbols only the function that gives the set of kernels stays global.
function(levada_add_kernels target)
  if(NOT LEVADA_XSIMD_INCLUDE_DIR)
    message(FATAL_ERROR "levada_add_kernels(${target}): xsimd is not here (Debian and Ubuntu: libxsimd-dev)")
  endif()
  get_target_property(kind ${target} TYPE)
  set(scope PRIVATE)
  if(kind STREQUAL "INTERFACE_LIBRARY")
    set(scope INTERFACE)
  endif()
  foreach(isa IN LISTS LEVADA_ISAS)
    set(object ${target}_${isa})
    add_library(${object} OBJECT EXCLUDE_FROM_ALL ${ARGN})
    target_compile_features(${object} PRIVATE cxx_std_20)
    target_compile_definitions(${object} PRIVATE LEVADA_KERNELS=kernels_${isa} LEVADA_KERNELS_${isa})
    target_link_libraries(${object} PRIVATE levada::levada)
    target_include_directories(${object} SYSTEM PRIVATE "${LEVADA_XSIMD_INCLUDE_DIR}")
    if(NOT scope STREQUAL "INTERFACE")
      target_include_directories(${object} PRIVATE $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
      target_compile_definitions(${object} PRIVATE $<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>)
    endif()
    # A kernel gives the same on each compiler, so products and sums are fused only where it says so. Without optimisation xsimd's
    # registers live in memory.
    target_compile_options(
      ${object}
      PRIVATE ${LEVADA_FLAGS_${isa}} -fno-lto -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math
              $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-O3> $<$<CONFIG:Debug,>:-O1>
              # g++ 12 warns of its own headers of AVX-512
              $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized$<SEMICOLON>-Wno-maybe-uninitialized$<SEMICOLON>-Wno-psabi>
              # clang's address sanitizer keeps tables in groups that sealing dissolves
              $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize-address-globals-dead-stripping>)
    set_target_properties(${object} PROPERTIES POSITION_INDEPENDENT_CODE ON INTERPROCEDURAL_OPTIMIZATION OFF)
    set(sealed "${CMAKE_CURRENT_BINARY_DIR}/${object}.o")
    add_custom_command(
      OUTPUT "${sealed}"
      COMMAND "${CMAKE_CXX_COMPILER}" -fuse-ld=bfd -r -nostdlib -Wl,--force-group-allocation -o "${sealed}.r"
              $<TARGET_OBJECTS:${object}>
      COMMAND "${CMAKE_OBJCOPY}" --wildcard "--keep-global-symbol=*kernels_${isa}*" "${sealed}.r" "${sealed}"
      DEPENDS ${object} $<TARGET_OBJECTS:${object}>
      COMMENT "Sealing ${object}.o"
      COMMAND_EXPAND_LISTS VERBATIM)
    add_custom_target(${object}_sealed DEPENDS "${sealed}")
    add_dependencies(${target} ${object}_sealed)
    target_link_libraries(${target} ${scope} "${sealed}")
    set_property(TARGET ${target} APPEND PROPERTY LEVADA_SEALED "${isa}=${sealed}")
  endforeach()
endfunction()

# Levada's own: whoever links levada::simd has them. Whoever includes this says where its units are.
if(LEVADA_XSIMD_INCLUDE_DIR AND LEVADA_ISAS)
  file(GLOB levada_units CONFIGURE_DEPENDS "${levada_units_dir}/*.cpp")
  add_library(levada_kernels INTERFACE)
  add_library(levada::simd ALIAS levada_kernels)
  target_link_libraries(levada_kernels INTERFACE levada::levada)
  levada_add_kernels(levada_kernels ${levada_units})
endif()
