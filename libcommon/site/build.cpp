#include "site/build.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "check/page_assets.hpp"
#include "io/file.hpp"
#include "io/filesystem.hpp"
#include "io/url.hpp"

namespace lectio {
namespace {

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    const bool is_escape = text[i] == '%' && text.size() - i > 2 &&
                           std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    if (is_escape && byte != 0) {
      result.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      result.push_back(text[i]);
    }
  }
  return result;
}

enum class FileState { whole, empty, absent };

struct Looked {
  FileState state = FileState::whole;
  std::optional<Error> error;
};

Looked look(const std::string& path) {
  const auto found = file_target(path);
  if (!found) return {FileState::absent, found.error()};
  if (!*found || !S_ISREG((*found)->mode)) return {FileState::absent, std::nullopt};
  return {(*found)->size == 0 ? FileState::empty : FileState::whole, std::nullopt};
}

Finding found(Outcome outcome, std::string code, const std::string& path) {
  Finding finding{outcome, std::move(code), {}};
  finding.facts.set("path", path);
  return finding;
}

Finding unreadable(const std::string& path, const Error& error) {
  Finding finding = found(Outcome::unknown, "build_unreadable", path);
  finding.facts.set("error", error.message);
  return finding;
}

Finding probe_assets(const std::string& directory, const std::vector<std::string>& assets) {
  for (const std::string& asset : assets) {
    const std::string path = fmt::format("{}/{}", directory, asset);
    const Looked asset_file = look(path);
    if (asset_file.error) return unreadable(path, *asset_file.error);
    if (asset_file.state == FileState::whole) continue;
    Finding finding = found(
        Outcome::bad,
        asset_file.state == FileState::empty ? "build_asset_empty" : "build_asset_missing", path);
    finding.facts.set("asset", asset);
    return finding;
  }
  Finding finding = found(Outcome::good, "build_ok", directory);
  finding.facts.set("assets", assets.size());
  return finding;
}

}  // namespace

std::string build_path(const std::string& reference, const std::vector<std::string>& hosts) {
  const auto absolute = resolve_url("https://" + hosts.front() + "/", reference);
  const auto url = absolute ? parse_url(*absolute) : std::nullopt;
  if (!url || std::ranges::find(hosts, url->host_header()) == hosts.end()) return {};
  const std::string path = percent_decoded(url->path.substr(0, url->path.find('?')));
  // Normal under "/": a path cannot climb above its root.
  return (std::filesystem::path{"/"} / path).lexically_normal().string().substr(1);
}

std::vector<std::string> build_assets(std::string_view index_html,
                                      const std::vector<std::string>& hosts) {
  std::vector<std::string> paths;
  for (const PageAsset& asset : page_assets(index_html)) {
    std::string path = build_path(asset.reference, hosts);
    if (!path.empty()) paths.push_back(std::move(path));
  }
  std::ranges::sort(paths);
  const auto repeated = std::ranges::unique(paths);
  paths.erase(repeated.begin(), repeated.end());
  return paths;
}

Result<std::optional<std::string>> read_index(const std::string& directory) {
  const std::string path = directory + "/index.html";
  const auto node = file_target(path);
  if (!node) return std::unexpected(node.error());
  if (!*node || !S_ISREG((*node)->mode)) return std::nullopt;
  auto html = read_file(path);
  if (!html) return std::unexpected(html.error());
  return std::optional{std::move(*html)};
}

Finding probe_build(const std::string& directory, const std::vector<std::string>& hosts) {
  const auto build = file_target(directory);
  if (!build) return unreadable(directory, build.error());
  if (!*build || !S_ISDIR((*build)->mode)) return found(Outcome::bad, "build_missing", directory);
  const std::string index = directory + "/index.html";
  const auto html = read_index(directory);
  if (!html) return unreadable(index, html.error());
  if (!*html || (*html)->empty()) return found(Outcome::bad, "build_no_index", index);
  if (page_assets(**html).empty()) return found(Outcome::bad, "build_no_scripts", index);
  return probe_assets(directory, build_assets(**html, hosts));
}

}  // namespace lectio
