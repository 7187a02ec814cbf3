#include "lectio-monitor-setup/nginx_config.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <map>
#include <optional>
#include <ranges>
#include <span>
#include <utility>

namespace lectio {
namespace {

struct Directive {
  std::vector<std::string> words;
  std::vector<Directive> block;
};
using Directives = std::vector<Directive>;

constexpr std::string_view file_mark = "# configuration file ";

// nginx's words: blanks between them, quotes, backslashes, comments; ; { } stand alone.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  // Empty: the end.
  std::optional<std::string> next() {
    skip();
    if (rest_.empty()) return std::nullopt;
    if (is_mark(rest_.front())) return std::string(1, take());
    std::string word;
    while (!rest_.empty() && !is_space(rest_.front()) && !is_mark(rest_.front())) {
      const char c = take();
      if ((c == '"' || c == '\'') && word.empty()) {
        quoted(c, word);
        return word;
      }
      word += c;
      // ${name} is no block.
      if (c == '$' && rest_.starts_with('{')) {
        while (!rest_.empty() && word.back() != '}') word += take();
      } else if (c == '\\' && !rest_.empty()) {
        word += take();
      }
    }
    return word;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  static bool is_mark(char c) { return c == ';' || c == '{' || c == '}'; }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void skip() {
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == '#')) {
      rest_.remove_prefix(rest_.front() == '#' ? std::min(rest_.find('\n'), rest_.size()) : 1);
    }
  }

  void quoted(char quote, std::string& word) {
    while (!rest_.empty() && rest_.front() != quote) {
      if (rest_.front() == '\\' && rest_.size() > 1) take();
      word += take();
    }
    if (!rest_.empty()) take();
  }

  std::string_view rest_;
};

// One level of blocks; the closing brace is taken.
Result<Directives> read_block(Words& words, bool is_file, int depth) {
  constexpr int deepest = 32;
  if (depth > deepest) return fail(ErrorKind::protocol, "nginx -T: blocks too deep");
  Directives found;
  Directive current;
  while (auto word = words.next()) {
    if (*word == ";" || *word == "{") {
      if (*word == "{") {
        auto block = read_block(words, false, depth + 1);
        if (!block) return block;
        current.block = std::move(*block);
      }
      if (!current.words.empty()) found.push_back(std::exchange(current, {}));
    } else if (*word == "}") {
      if (!is_file) return found;
    } else {
      current.words.push_back(std::move(*word));
    }
  }
  if (!is_file) return fail(ErrorKind::protocol, "nginx -T: a block is not closed");
  return found;
}

class Dump {
 public:
  Result<Directives> read(std::string_view text) {
    std::string first;
    std::size_t at = text.starts_with(file_mark) ? 0 : text.find("\n" + std::string{file_mark});
    while (at < text.size()) {
      const std::size_t begin = text.find(file_mark, at) + file_mark.size();
      const std::size_t line_end = std::min(text.find('\n', begin), text.size());
      std::string_view name = text.substr(begin, line_end - begin);
      if (name.ends_with(':')) name.remove_suffix(1);
      at = text.find("\n" + std::string{file_mark}, line_end);
      Words words{text.substr(line_end, at == std::string_view::npos ? at : at - line_end)};
      auto directives = read_block(words, true, 0);
      if (!directives) return directives;
      if (first.empty()) first = name;
      files_.emplace(std::string{name}, std::move(*directives));
    }
    if (first.empty()) return fail(ErrorKind::protocol, "nginx -T named no configuration file");
    directory_ = first.substr(0, first.rfind('/') + 1);
    return with_includes(files_.at(first), 0);
  }

 private:
  Directives with_includes(const Directives& from, int depth) const {
    constexpr int deepest = 16;
    Directives whole;
    for (const Directive& directive : from) {
      if (directive.words[0] != "include" || directive.words.size() != 2) {
        whole.push_back({directive.words, with_includes(directive.block, depth)});
        continue;
      }
      std::string pattern = directive.words[1];
      if (!pattern.starts_with('/')) pattern.insert(0, directory_);
      for (const auto& [name, directives] : files_) {
        if (depth > deepest || ::fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME) != 0) {
          continue;
        }
        for (Directive& included : with_includes(directives, depth + 1)) {
          whole.push_back(std::move(included));
        }
      }
    }
    return whole;
  }

  std::map<std::string, Directives> files_;
  std::string directory_;
};

// The last one on this level.
std::string value_of(const Directives& level, std::string_view name) {
  for (const Directive& directive : std::views::reverse(level)) {
    if (directive.words[0] == name && directive.words.size() > 1) return directive.words[1];
  }
  return {};
}

// A log that is off, or goes elsewhere, is no file to read.
std::string log_of(const Directives& level, std::string_view name, const std::string& outer) {
  const std::string value = value_of(level, name);
  if (value.empty()) return outer;
  return value.starts_with('/') ? value : std::string{};
}

using Upstreams = std::map<std::string, std::vector<std::string>, std::less<>>;

void collect_proxies(const Directives& level, const Upstreams& upstreams,
                     std::vector<std::string>& into) {
  for (const Directive& directive : level) {
    collect_proxies(directive.block, upstreams, into);
    if (directive.words[0] != "proxy_pass" || directive.words.size() < 2) continue;
    std::string target = directive.words[1];
    const std::size_t scheme = target.find("://");
    if (scheme != std::string::npos) target.erase(0, scheme + 3);
    if (target.starts_with("unix:")) {
      target.erase(std::min(target.find(':', 5), target.size()));
    } else {
      target.erase(std::min(target.find('/'), target.size()));
    }
    if (const auto named = upstreams.find(target); named != upstreams.end()) {
      into.insert(into.end(), named->second.begin(), named->second.end());
    } else {
      into.push_back(std::move(target));
    }
  }
}

// "443", "[::]:8443": the port, if it is one of TLS.
std::optional<std::uint16_t> tls_port(const Directive& listen) {
  if (std::ranges::find(listen.words, "ssl") == listen.words.end() || listen.words.size() < 2) {
    return std::nullopt;
  }
  const std::string_view address = listen.words[1];
  const std::size_t colon = address.rfind(':');
  const std::string_view digits = colon == std::string_view::npos || address.ends_with(']')
                                      ? address
                                      : address.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::uint16_t{443};
  return port;
}

std::optional<NginxSite> tls_site(const Directive& server, const NginxSite& outer,
                                  const Upstreams& upstreams) {
  NginxSite site = outer;
  std::optional<std::uint16_t> port;
  for (const Directive& directive : server.block) {
    if (directive.words[0] == "listen" && !port) port = tls_port(directive);
    if (directive.words[0] != "server_name") continue;
    for (const std::string& name : std::span{directive.words}.subspan(1)) {
      const bool is_name =
          name.find_first_of("*~_$") == std::string::npos && !name.starts_with('.');
      if (is_name) site.names.push_back(name);
    }
  }
  if (!port) return std::nullopt;
  site.port = *port;
  site.root.clear();
  for (const Directive& directive : server.block) {
    const bool is_front = directive.words.size() == 2 && directive.words[0] == "location" &&
                          directive.words[1] == "/";
    if (is_front) site.root = value_of(directive.block, "root");
  }
  if (site.root.empty()) site.root = value_of(server.block, "root");
  if (site.root.empty()) site.root = outer.root;
  const std::string certificate = value_of(server.block, "ssl_certificate");
  if (!certificate.empty()) site.certificate = certificate;
  site.access_log = log_of(server.block, "access_log", outer.access_log);
  site.error_log = log_of(server.block, "error_log", outer.error_log);
  collect_proxies(server.block, upstreams, site.proxies);
  return site;
}

}  // namespace

Result<NginxConfig> parse_nginx_dump(std::string_view dump) {
  auto main = Dump{}.read(dump);
  if (!main) return std::unexpected(main.error());
  NginxConfig config;
  config.user = value_of(*main, "user");
  for (const Directive& http : *main) {
    if (http.words[0] != "http") continue;
    Upstreams upstreams;
    for (const Directive& directive : http.block) {
      if (directive.words[0] != "upstream" || directive.words.size() < 2) continue;
      for (const Directive& server : directive.block) {
        if (server.words[0] != "server" || server.words.size() < 2) continue;
        upstreams[directive.words[1]].push_back(server.words[1]);
      }
    }
    NginxSite outer;
    outer.root = value_of(http.block, "root");
    outer.certificate = value_of(http.block, "ssl_certificate");
    outer.access_log = log_of(http.block, "access_log", {});
    outer.error_log = log_of(http.block, "error_log", log_of(*main, "error_log", {}));
    for (const Directive& server : http.block) {
      if (server.words[0] != "server") continue;
      if (auto site = tls_site(server, outer, upstreams)) config.sites.push_back(std::move(*site));
    }
  }
  return config;
}

}  // namespace lectio
