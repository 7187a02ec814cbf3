// The built frontend on disk: is every file there that its page asks for?
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "check/finding.hpp"

namespace lectio {

// Where the file of a reference on the page / lies under the build, "static/js/main.js";
// empty when another host serves it. `hosts`: those that are ours, as in a Host header, the
// page's own first. Never leaves the build.
std::string build_path(const std::string& reference, const std::vector<std::string>& hosts);

// What an index.html asks of its own build: build_path of each, once.
std::vector<std::string> build_assets(std::string_view index_html,
                                      const std::vector<std::string>& hosts);

// Empty: there is no such regular file.
Result<std::optional<std::string>> read_index(const std::string& directory);

// `directory` has index.html, and every script and style it names is a non-empty file.
// Codes: build_ok, build_missing, build_no_index, build_no_scripts, build_asset_missing,
// build_asset_empty, build_unreadable.
Finding probe_build(const std::string& directory, const std::vector<std::string>& hosts);

}  // namespace lectio
