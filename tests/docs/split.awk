# SPDX-License-Identifier: BSL-1.0
# split.awk: the C++ examples of a page as one source, each in a namespace and a function of its own, so that a compiler reads them.
#   awk -f split.awk -v page=operators -v from=0 -v count=8 page.md
# Types and functions that begin in the first column stand before the function; everything else is its body.
function close_example() {
  printf "namespace %s_%d {\n%s[[maybe_unused]] void example() {\n%s}\n}\n", page, number, types, body
}
/^```cpp/ { inside = number >= from && number < from + count; types = body = ""; in_type = 0; skipping = !inside; next }
/^```/ && (inside || skipping) { if (inside) close_example(); inside = skipping = 0; ++number; next }
inside {
  line = sprintf("#line %d \"%s.md\"\n%s\n", FNR, page, $0)
  if (!in_type && (/^(struct|enum|class|template|LEVADA_DESCRIBE)/ || (/^[a-z].*\) \{/ && !/=|\[/))) in_type = 1
  if (in_type) types = types line; else body = body line
  if (in_type && (/^}/ || /^(struct|enum|class|LEVADA_DESCRIBE).*(};|\);)[ \t]*(\/\/.*)?$/ || /^[a-z].*\) \{.*}$/)) in_type = 0
}
BEGIN {
  number = 0
  # use(...) stands for whatever a reader does with a result.
  print "#include <levada/levada.hpp>\n#include <cmath>\n#include <cstdio>\n#include <string>\n#include <vector>\nnamespace lv = levada;\nusing namespace lv::literals;\nvoid use(const auto&...) {}"
}
