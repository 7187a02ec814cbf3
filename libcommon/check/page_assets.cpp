#include "check/page_assets.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>

#include "base/ascii.hpp"

namespace lectio {
namespace {

constexpr std::string_view blanks = " \t\n\r\f";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string decode_ampersands(std::string_view text) {
  constexpr std::string_view escaped = "&amp;";
  std::string result;
  while (true) {
    const std::size_t at = text.find(escaped);
    if (at == std::string_view::npos) return result.append(text);
    result.append(text.substr(0, at)).push_back('&');
    text.remove_prefix(at + escaped.size());
  }
}

bool has_word(std::string_view words, std::string_view word) {
  while (!(words = trim(words)).empty()) {
    const std::size_t end = std::min(words.find_first_of(blanks), words.size());
    if (lower(words.substr(0, end)) == word) return true;
    words.remove_prefix(end);
  }
  return false;
}

using Attributes = std::map<std::string, std::string_view, std::less<>>;

class Reader {
 public:
  explicit Reader(std::string_view html) : html_(html) {}

  std::vector<PageAsset> read() {
    while (skip_past("<")) {
      if (looking_at("!--")) {
        skip_past("-->");
      } else if (at_ < html_.size() && is_letter(html_[at_])) {
        read_tag();
      }
    }
    return std::move(assets_);
  }

 private:
  bool looking_at(std::string_view text) const { return html_.substr(at_, text.size()) == text; }

  // To the end of the page when there is none.
  bool skip_past(std::string_view text) {
    const std::size_t found = html_.find(text, at_);
    at_ = found == std::string_view::npos ? html_.size() : found + text.size();
    return found != std::string_view::npos;
  }

  std::string_view take_until(std::string_view stops) {
    const std::size_t begin = at_;
    at_ = std::min(html_.find_first_of(stops, at_), html_.size());
    return html_.substr(begin, at_ - begin);
  }

  void skip_any(std::string_view characters) {
    at_ = std::min(html_.find_first_not_of(characters, at_), html_.size());
  }

  void read_tag() {
    const std::string name = lower(take_until(" \t\n\r\f/>"));
    const Attributes attributes = read_attributes();
    if (at_ >= html_.size()) return;  // the page ends inside the tag
    ++at_;
    note(name, attributes);
    constexpr std::array<std::string_view, 4> text_only{"script", "style", "title", "textarea"};
    if (std::ranges::find(text_only, name) != text_only.end()) skip_text_of(name);
  }

  Attributes read_attributes() {
    Attributes attributes;
    while (true) {
      skip_any(" \t\n\r\f/");
      if (at_ >= html_.size() || html_[at_] == '>') return attributes;
      const std::size_t begin = at_;
      ++at_;  // a name may begin with '='
      take_until(" \t\n\r\f/>=");
      std::string name = lower(html_.substr(begin, at_ - begin));
      attributes.emplace(std::move(name), read_value());  // the first of a name counts
    }
  }

  std::string_view read_value() {
    skip_any(blanks);
    if (at_ >= html_.size() || html_[at_] != '=') return {};
    ++at_;
    skip_any(blanks);
    if (at_ >= html_.size() || html_[at_] == '>') return {};
    const char quote = html_[at_];
    if (quote != '"' && quote != '\'') return take_until(" \t\n\r\f>");
    ++at_;
    const std::string_view value = take_until({&quote, 1});
    if (at_ < html_.size()) ++at_;
    return value;
  }

  void skip_text_of(std::string_view name) {
    while (skip_past("</")) {
      if (lower(html_.substr(at_, name.size())) != name) continue;
      const std::size_t after = at_ + name.size();
      if (after < html_.size() &&
          std::string_view{" \t\n\r\f/>"}.find(html_[after]) != std::string_view::npos) {
        return;
      }
    }
  }

  void note(std::string_view name, const Attributes& attributes) {
    const auto value = [&](std::string_view key) {
      const auto found = attributes.find(key);
      return found == attributes.end() ? std::string_view{} : found->second;
    };
    if (name == "script") {
      add(PageAsset::Kind::script, value("src"));
    } else if (name == "link" && has_word(value("rel"), "stylesheet")) {
      add(PageAsset::Kind::style, value("href"));
    } else if (name == "link" && has_word(value("rel"), "modulepreload")) {
      add(PageAsset::Kind::script, value("href"));
    }
  }

  void add(PageAsset::Kind kind, std::string_view reference) {
    reference = trim(reference);
    if (!reference.empty()) assets_.push_back({kind, decode_ampersands(reference)});
  }

  std::string_view html_;
  std::size_t at_ = 0;
  std::vector<PageAsset> assets_;
};

}  // namespace

std::vector<PageAsset> page_assets(std::string_view html) { return Reader{html}.read(); }

}  // namespace lectio
