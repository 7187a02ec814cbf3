#include "check/asset_check.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "base/ascii.hpp"
#include "io/url.hpp"

namespace lectio {
namespace {

constexpr std::size_t most_assets = 256;

constexpr std::array<std::string_view, 5> script_types{"text/javascript", "application/javascript",
                                                       "application/x-javascript",
                                                       "text/ecmascript", "application/ecmascript"};

bool right_type(PageAsset::Kind kind, std::string_view type) {
  if (kind == PageAsset::Kind::style) return type == "text/css";
  return std::ranges::find(script_types, type) != script_types.end();
}

std::string path_on_site(const std::string& url) {
  const auto parts = parse_url(url);
  return parts ? parts->path : url;
}

bool begins_with_ignoring_case(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::ranges::equal(text.substr(0, word.size()), word,
                            [](char left, char right) { return lower(left) == right; });
}

std::optional<Finding> own_asset_fault(const NamedAsset& asset, const HttpResponse& response,
                                       const Redactor& redactor) {
  const auto fault = [&](std::string code) {
    Finding finding{Outcome::bad, std::move(code), {}};
    finding.facts.set("asset", redactor.clean(path_on_site(asset.url)));
    return finding;
  };
  if (response.error != HttpError::none) {
    Finding finding = fault("asset_unreachable");
    finding.facts.set("error", to_string(response.error));
    return finding;
  }
  if (response.status != 200) {
    Finding finding = fault("asset_status");
    finding.facts.set("asset_status", response.status);
    return finding;
  }
  if (response.body_size == 0) return fault("asset_empty");
  const std::string type = response.content_type();
  if (type == "text/html" || looks_like_html(response.body)) return fault("asset_html");
  if (!right_type(asset.kind, type)) {
    Finding finding = fault("asset_type");
    finding.facts.set("content_type", type.empty() ? std::string{"-"} : redactor.clean(type));
    return finding;
  }
  return std::nullopt;
}

}  // namespace

bool looks_like_html(std::string_view body) {
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n\f"), body.size()));
  constexpr std::array<std::string_view, 5> beginnings{"<!doctype", "<html", "<head", "<body",
                                                       "<script"};
  return std::ranges::any_of(beginnings, [&](std::string_view beginning) {
    return begins_with_ignoring_case(body, beginning);
  });
}

AssetPlan plan_assets(std::string_view html, const std::string& page_url,
                      std::string_view own_host) {
  AssetPlan plan;
  const auto page = parse_url(page_url);
  std::set<std::string, std::less<>> seen;
  std::vector<NamedAsset> elsewhere;
  bool has_own_script = false;
  for (const PageAsset& asset : page_assets(html)) {
    const bool is_script = asset.kind == PageAsset::Kind::script;
    plan.names_script = plan.names_script || is_script;
    const auto url = resolve_url(page_url, asset.reference);
    const auto parts = url ? parse_url(*url) : std::nullopt;
    const bool own =
        parts && page && (parts->host == page->host || parts->host_header() == own_host);
    has_own_script = has_own_script || (own && is_script);
    if (!own) {
      ++plan.foreign;
      if (parts && is_script && seen.insert(*url).second && elsewhere.size() < most_assets) {
        elsewhere.push_back({asset.kind, *url, true});
      }
    } else if (seen.insert(*url).second) {
      if (plan.fetch.size() < most_assets) {
        plan.fetch.push_back({asset.kind, *url});
      } else {
        ++plan.left_out;
      }
    }
  }
  if (!has_own_script) std::ranges::move(elsewhere, std::back_inserter(plan.fetch));
  return plan;
}

std::optional<Finding> asset_fault(const NamedAsset& asset, const HttpResponse& response,
                                   const Redactor& redactor) {
  auto finding = own_asset_fault(asset, response, redactor);
  if (!finding || !asset.is_foreign) return finding;
  std::string error = finding->code.substr(std::string_view{"asset_"}.size());
  if (response.error != HttpError::none) {
    error = to_string(response.error);
  } else if (response.status != 200) {
    error = "HTTP " + std::to_string(response.status);
  }
  Facts facts;
  facts.set("asset", redactor.clean(asset.url)).set("error", error);
  return Finding{Outcome::warning, "asset_foreign", std::move(facts)};
}

}  // namespace lectio
