# SPDX-License-Identifier: BSL-1.0
# split.awk: the C++ examples of a page as sources for a compiler, ten in each, each in a namespace and a function of its own.
#   awk -v page=models -v prelude=tests/docs/models.hpp -v without='artifact|signature' -v folder=/tmp/x -f split.awk models.md
# #include lines go to the top, behind levada.hpp and in front of the prelude. Types and functions that begin in the first column
# stand before the function; everything else is its body. What has a main is a program, and a source as it stands. An example that
# includes levada/connect/X.hpp is left out where `without` matches X.
function finish() {
  if (includes ~ "<levada/connect/(" without ")[.]hpp>") {
    ++left_out
    return
  }
  ++examples
  if (types ~ /\nint main\(/) {
    printf "%s", whole > (folder "/program_" number ".cpp")
    return
  }
  top = top includes
  body = "[[maybe_unused]] int example() {\n" body "return 0;\n}\n"
  gathered = gathered sprintf("namespace %s_%d {\n%s%s}\n", page, number, types, body)
  if (++count == 10) write_gathered()
}
function write_gathered(    source) {
  source = folder "/examples_" number ".cpp"
  print "#include <levada/levada.hpp>\n#include <cmath>\n#include <cstdio>\n#include <string>\n#include <vector>" > source
  printf "%s", top > source
  # use(...) stands for whatever a reader does with a result.
  print "namespace lv = levada;\nusing namespace lv::literals;\nvoid use(const auto&...) {}" > source
  if (prelude != "") printf "#include \"%s\"\n", prelude > source
  printf "%s", gathered > source
  top = gathered = ""
  count = 0
}
/^```cpp/ { inside = 1; includes = types = body = whole = ""; in_type = 0; next }
/^```/ && inside { finish(); inside = 0; ++number; next }
inside {
  line = sprintf("#line %d \"%s.md\"\n%s\n", FNR, page, $0)
  whole = whole line
  if (/^#include/) { includes = includes line; next }
  if (!in_type && (/^(struct|enum|class|template|LEVADA_DESCRIBE)/ || (/^[a-z].*\) \{/ && !/^(for|if|while) |=|\[/))) in_type = 1
  if (in_type) types = types line; else body = body line
  if (in_type && (/^}/ || /^(struct|enum|class|LEVADA_DESCRIBE).*(};|\);)[ \t]*(\/\/.*)?$/ || /^[a-z].*\) \{.*}$/)) in_type = 0
}
BEGIN { number = 0 }
END {
  if (count > 0) write_gathered()
  print examples + 0 " examples" (left_out ? ", " left_out " left out for want of a library" : "")
}
