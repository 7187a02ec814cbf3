#include <algorithm>
#include <iterator>

#include "base/utf8.hpp"
#include "report/report.hpp"
#include "report/screen_text.hpp"
#include "report/width_table.hpp"

namespace lectio {
namespace {

template <class Table>
bool holds(const Table& table, char32_t code_point) {
  const auto span = std::ranges::lower_bound(table, code_point, {}, &Span::last);
  return span != std::end(table) && span->first <= code_point;
}

}  // namespace

int display_width(char32_t code_point) {
  if (code_point < 0x20) return 0;
  if (code_point < 0x7F) return 1;
  if (code_point < 0xA0) return 0;
  if (holds(zero_width, code_point)) return 0;
  return holds(double_width, code_point) ? 2 : 1;
}

int display_width(std::string_view text) {
  int width = 0;
  while (!text.empty()) width += display_width(take_code_point(text));
  return width;
}

}  // namespace lectio
