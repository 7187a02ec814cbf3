// Whether the scripts and styles that a page names are what they should be.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/finding.hpp"
#include "check/page_assets.hpp"
#include "check/redactor.hpp"
#include "io/http.hpp"

namespace lectio {

struct NamedAsset {
  PageAsset::Kind kind;
  std::string url;
  bool is_foreign = false;  // of another host
};

struct AssetPlan {
  // Each once: those of the page's own host in the page's order, and where none of them is a
  // script, the scripts of other hosts: nothing else can make the page work.
  std::vector<NamedAsset> fetch;
  std::size_t foreign = 0;    // of other hosts, or no http address
  std::size_t left_out = 0;   // beyond the most that is fetched
  bool names_script = false;  // of any host
};

// `own_host` is the name the page is served under when that is not its address's host.
AssetPlan plan_assets(std::string_view html, const std::string& page_url,
                      std::string_view own_host);

// Nothing when the asset is what the page needs. Codes begin with "asset_"; of other hosts' it is
// asset_foreign, a warning: they may be out of this server's reach only.
std::optional<Finding> asset_fault(const NamedAsset& asset, const HttpResponse& response,
                                   const Redactor& redactor);

// By its first bytes: what a server's fallback page looks like, whatever it is called.
bool looks_like_html(std::string_view body);

}  // namespace lectio
