#include "deploy_safe/build_flaw.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "alert/catalogue.hpp"
#include "check/asset_check.hpp"
#include "deploy_safe/room.hpp"
#include "io/file.hpp"
#include "site/build.hpp"
#include "site/site_request.hpp"
#include "tool/output.hpp"

namespace lectio {
namespace {

constexpr std::size_t largest_asset_file = std::size_t{64} << 20U;  // bytes

bool is_within(const std::filesystem::path& path, const std::filesystem::path& directory) {
  std::error_code failed;
  const auto way = std::filesystem::weakly_canonical(path, failed)
                       .lexically_relative(std::filesystem::weakly_canonical(directory, failed));
  return !way.empty() && *way.begin() != "..";
}

}  // namespace

Result<void> judge_build(const Stage& stage, const std::string& directory) {
  const std::vector<std::string> hosts = own_hosts(stage.act.config);
  const CheckInfo check{.id = "build", .severity = Severity::critical};
  const Verdict verdict = judge(check, probe_build(directory, hosts), Milliseconds{0});
  if (verdict.status != Status::ok) {
    const auto names = names_of(stage.act.config);
    return fail(ErrorKind::config,
                Catalogue::builtin().tell(verdict, stage.act.lang, names).summary);
  }
  const auto index = read_index(directory);
  if (!index) return std::unexpected(index.error());
  for (const std::string& asset : build_assets(index->value_or(""), hosts)) {
    const auto text = read_file(fmt::format("{}/{}", directory, asset), largest_asset_file);
    if (!text) return std::unexpected(text.error());
    if (looks_like_html(*text)) {
      return fail(ErrorKind::config,
                  stage.progress.phrase("deploy_asset_is_page", Facts{}.set("asset", asset)));
    }
  }
  return {};
}

Result<void> judge_new_build(const Stage& stage, const Releases& releases,
                             const std::string& directory) {
  if (is_within(directory, releases.build()) || is_within(directory, releases.directory()) ||
      is_within(releases.build(), directory)) {
    return fail(ErrorKind::config,
                stage.progress.phrase("deploy_build_is_live", Facts{}.set("build", directory)));
  }
  std::error_code failed;
  if (std::filesystem::is_symlink(releases.build(), failed)) {
    return fail(ErrorKind::config, stage.progress.phrase("deploy_build_is_link",
                                                         Facts{}.set("build", releases.build())));
  }
  if (auto whole = judge_build(stage, directory); !whole) return whole;
  const auto size = measure_tree(directory);
  if (!size) return std::unexpected(size.error());
  const auto beside = std::filesystem::path{releases.build()}.parent_path().string();
  if (auto room = judge_room(stage, beside, *size); !room) return room;
  stage.progress.done("deploy_build_checked",
                      Facts{}.set("files", size->entries).set("kb", size->bytes / 1024));
  return {};
}

}  // namespace lectio
