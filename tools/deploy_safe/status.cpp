#include "deploy_safe/status.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "alert/catalogue.hpp"
#include "alert/message.hpp"
#include "deploy_safe/backups.hpp"
#include "deploy_safe/git.hpp"
#include "io/file.hpp"
#include "io/json_fields.hpp"
#include "site/deploy_journal.hpp"
#include "site/deploy_marker.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

struct KeptRelease {
  std::string name;
  std::string state;  // serving, proven, fresh, bad
  std::string reason;
  std::string source;
  WallTime made{};
};

struct KeptBackup {
  std::string name;
  std::string commit;
  bool has_dump = false;
  WallTime made{};
};

struct DeployStatus {
  std::string commit;  // of the backend; empty: no git repository
  std::vector<KeptBackup> backups;
  std::string serving;  // empty: nobody knows
  std::vector<KeptRelease> releases;
  std::string running;  // who and what, of a deploy that goes on
  std::string cut;      // of one that was killed
};

template <class Fields>
void describe(Fields& fields, KeptRelease& release) {
  fields("name", release.name);
  fields("state", release.state);
  fields("reason", release.reason);
  fields("source", release.source);
  fields("made_ms", release.made);
}

template <class Fields>
void describe(Fields& fields, KeptBackup& backup) {
  fields("name", backup.name);
  fields("commit", backup.commit);
  fields("has_dump", backup.has_dump);
  fields("made_ms", backup.made);
}

template <class Fields>
void describe(Fields& fields, DeployStatus& status) {
  int schema = 1;
  fields("schema", schema);
  fields("serving", status.serving);
  fields("releases", status.releases);
  fields("commit", status.commit);
  fields("backups", status.backups);
  fields("running", status.running);
  fields("cut", status.cut);
}

Result<DeployStatus> look(const Act& act, const Releases& kept) {
  DeployStatus status;
  const auto serving = kept.serving();
  if (!serving) return std::unexpected(serving.error());
  if (*serving) status.serving = (*serving)->name;
  const auto all = kept.list();
  if (!all) return std::unexpected(all.error());
  for (const Release& release : *all) {
    status.releases.push_back({release.name, std::string{to_string(release.state)}, release.reason,
                               release.source, release.made});
  }
  if (const auto git = Git::open(act.config.text("PROJECT_ROOT"), act.clock)) {
    status.commit = git->commit_of("HEAD").value_or("");
  }
  const auto backups = list_backups(act.config.text("BACKUP_DIR"));
  if (!backups) return std::unexpected(backups.error());
  for (const Backup& backup : *backups) {
    status.backups.push_back({backup.name, backup.commit, backup.has_dump, backup.made});
  }
  const auto marker = read_deploy_marker(act.config.text("RUN_DIR"));
  if (marker && *marker && (*marker)->alive.value_or(false)) {
    status.running = fmt::format("{} ({})", (*marker)->what, (*marker)->who);
  }
  const auto journal = read_deploy_journal(act.config.text("STATE_DIR"));
  if (!journal) {
    status.cut = journal.error().message;
  } else if (*journal && status.running.empty()) {
    status.cut = fmt::format("{} ({})", (*journal)->what, (*journal)->who);
  }
  return status;
}

}  // namespace

Result<int> show_status(Act& act, const Releases& releases) {
  auto looked = look(act, releases);
  if (!looked) return std::unexpected(looked.error());
  const int code = looked->cut.empty() ? 0 : 1;
  const auto say = [](const std::string& line) {
    const std::string text = line + "\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
  };
  if (act.format == Format::json) {
    say(to_json_fields(std::move(*looked)));
    return code;
  }
  MessageStyle style = message_style(act.config);
  style.lang = act.lang;
  const auto phrase = [&](std::string_view key, const Facts& facts) {
    return Catalogue::builtin().phrase(key, act.lang, facts);
  };
  const WallTime now = act.clock.wall();
  if (looked->serving.empty()) say(phrase("deploy_status_unknown", {}));
  for (const KeptRelease& release : looked->releases) {
    const bool serves = release.name == looked->serving;
    say(fmt::format("{} {}  {:7}  {}{}{}", serves ? "→" : " ", release.name,
                    phrase("deploy_state_" + release.state, {}),
                    time_text(release.made, now, style), release.source.empty() ? "" : "  ",
                    release.source));
    if (!release.reason.empty()) say("    " + release.reason);
  }
  if (!looked->commit.empty()) {
    say("→ " + phrase("backend_commit", Facts{}.set("commit", looked->commit.substr(0, 9))));
  }
  for (const KeptBackup& backup : looked->backups) {
    say(fmt::format("  {}  {}  {}  {}", backup.name, time_text(backup.made, now, style),
                    phrase("backend_commit", Facts{}.set("commit", backup.commit.substr(0, 9))),
                    backup.has_dump ? phrase("backend_has_dump", {}) : ""));
  }
  if (!looked->running.empty()) {
    say(phrase("deploy_status_running", Facts{}.set("deploy", looked->running)));
  }
  if (!looked->cut.empty()) say(phrase("deploy_status_cut", Facts{}.set("deploy", looked->cut)));
  return code;
}

}  // namespace lectio
