#include "alert/fill.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "alert/catalogue.hpp"
#include "base/ascii.hpp"

namespace lectio {
namespace {

enum class Kind { literal, placeholder, open, close, stray };

struct Token {
  Kind kind;
  std::string_view text;  // of a placeholder: its name
};

// Takes the first token off a text that is not empty.
Token take_token(std::string_view& text) {
  const auto take = [&text](Kind kind, std::size_t length) {
    const Token token{kind, text.substr(0, length)};
    text.remove_prefix(length);
    return token;
  };
  const std::size_t special = text.find_first_of("{}[]");
  if (special != 0) return take(Kind::literal, std::min(special, text.size()));
  const char c = text.front();
  if (text.size() > 1 && text[1] == c) {
    text.remove_prefix(1);
    return take(Kind::literal, 1);
  }
  if (c == '[') return take(Kind::open, 1);
  if (c == ']') return take(Kind::close, 1);
  const std::size_t end = text.find('}');
  if (c == '{' && end != std::string_view::npos && is_name(text.substr(1, end - 1))) {
    Token token = take(Kind::placeholder, end + 1);
    token.text = token.text.substr(1, end - 1);
    return token;
  }
  return take(Kind::stray, 1);
}

std::optional<std::string> value_of(std::string_view name, const Facts& facts,
                                    const NameLookup& names) {
  if (const FactValue* fact = facts.find(name)) {
    std::string text = to_text(*fact);
    if (!text.empty()) return text;
  }
  std::optional<std::string> value = names ? names(name) : std::nullopt;
  return value && !value->empty() ? value : std::nullopt;
}

}  // namespace

std::string fill(std::string_view text, const Facts& facts, const NameLookup& names) {
  std::string filled;
  std::size_t part_start = std::string::npos;  // of the open bracket
  bool part_known = true;
  while (!text.empty()) {
    const Token token = take_token(text);
    if (token.kind == Kind::placeholder) {
      const std::optional<std::string> value = value_of(token.text, facts, names);
      part_known = part_known && value;
      filled += value.value_or("?");
    } else if (token.kind == Kind::open && part_start == std::string::npos) {
      part_start = filled.size();
      part_known = true;
    } else if (token.kind == Kind::close && part_start != std::string::npos) {
      if (!part_known) filled.resize(part_start);
      part_start = std::string::npos;
    } else {
      filled += token.text;
    }
  }
  return filled;
}

std::string template_fault(std::string_view text) {
  bool open = false;
  while (!text.empty()) {
    const std::string_view rest = text;
    const Token token = take_token(text);
    const bool nested = token.kind == Kind::open && open;
    const bool unopened = token.kind == Kind::close && !open;
    if (token.kind == Kind::stray || nested || unopened) {
      return fmt::format("\"{}\" out of place before \"{}\"", token.text, rest.substr(1));
    }
    if (token.kind == Kind::open) open = true;
    if (token.kind == Kind::close) open = false;
  }
  return open ? "\"[\" is not closed" : "";
}

}  // namespace lectio
