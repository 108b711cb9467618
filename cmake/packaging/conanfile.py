# SPDX-License-Identifier: BSL-1.0
# The recipe for Conan 2: `conan create cmake/packaging` in the root of the project.
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load

required_conan_version = ">=2.0"


class LevadaConan(ConanFile):
    name = "levada"
    description = "Header-only streaming dataflow on a shared-memory bus"
    license = "BSL-1.0"
    topics = ("streaming", "dataflow", "shared-memory", "io-uring", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"uring": [True, False]}
    default_options = {"uring": False}
    no_copy_source = True

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        config = load(self, os.path.join(self._root, "include", "levada", "core", "config.hpp"))
        parts = [re.search(rf"#define LEVADA_VERSION_{part} (\d+)", config).group(1) for part in ("MAJOR", "MINOR", "PATCH")]
        self.version = ".".join(parts)

    def export_sources(self):
        copy(self, "LICENSE", self._root, self.export_sources_folder)
        copy(self, "include/levada/*.hpp", self._root, self.export_sources_folder)

    def requirements(self):
        if self.options.uring:
            self.requires("liburing/[>=2.3 <3]", transitive_headers=True, transitive_libs=True)

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("levada runs on Linux")
        if self.settings.get_safe("compiler.cppstd"):
            check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "levada")
        levada = self.cpp_info.components["levada"]
        levada.set_property("cmake_target_name", "levada::levada")
        levada.set_property("pkg_config_name", "levada")
        levada.bindirs = levada.libdirs = []
        if self.options.uring:
            uring = self.cpp_info.components["uring"]
            uring.set_property("cmake_target_name", "levada::uring")
            uring.set_property("pkg_config_name", "levada-uring")
            uring.defines = ["LEVADA_URING=1"]
            uring.requires = ["levada", "liburing::liburing"]
            uring.bindirs = uring.libdirs = []
