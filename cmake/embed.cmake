# Writes OUT, a C++ source with the bytes of IN as `extern const std::string_view`,
# named after the file: smoke.json -> lectio::embedded::smoke_json.
file(READ ${IN} hex HEX)
get_filename_component(name ${IN} NAME)
string(MAKE_C_IDENTIFIER ${name} identifier)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
file(WRITE ${OUT} "#include <string_view>
namespace lectio::embedded {
namespace {
constexpr char bytes[] = {
${bytes}
'\\0'};
}
extern const std::string_view ${identifier};
const std::string_view ${identifier}{bytes, sizeof bytes - 1};
}
")
