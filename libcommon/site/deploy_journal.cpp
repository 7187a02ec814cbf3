#include "site/deploy_journal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "io/file.hpp"
#include "io/json_fields.hpp"
#include "io/tree.hpp"

namespace lectio {

template <>
struct EnumName<DeployStep> : NamedInOrder<DeployStep> {
  static constexpr std::array<std::string_view, 5> names{"prepare", "swap", "verify", "roll_back",
                                                         "proven"};
};

template <class Fields>
void describe(Fields& fields, DeployJournal& journal) {
  int schema = 1;
  fields("schema", schema);
  fields("what", journal.what);
  fields("who", journal.who);
  fields("since_ms", journal.since);
  fields("step", journal.step);
  fields("next", journal.next);
  fields("before", journal.before);
  fields("baseline", journal.baseline);
  fields("message", journal.message);
  fields("commit_before", journal.commit_before);
  fields("commit_next", journal.commit_next);
  fields("backup", journal.backup);
  fields("venv", journal.venv);
  fields("migrations", journal.migrations);
  fields("restored", journal.restored);
}

namespace {

std::string journal_path(const std::string& state_dir) { return state_dir + "/deploy.json"; }

}  // namespace

Result<std::optional<DeployJournal>> read_deploy_journal(const std::string& state_dir) {
  const auto text = read_file_if_any(journal_path(state_dir));
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  auto journal = parse_json_fields<DeployJournal>(**text);
  if (journal && !journal->what.empty()) return std::move(*journal);
  return fail(ErrorKind::config,
              fmt::format("{} is no journal of a deploy: look which release serves (deploy_safe "
                          "status), then move it away",
                          journal_path(state_dir)));
}

Result<void> write_deploy_journal(const std::string& state_dir, const DeployJournal& journal) {
  if (auto made = make_directory(state_dir); !made) return made;
  return write_file_atomically(journal_path(state_dir),
                               to_json_fields(DeployJournal{journal}) + "\n", 0600);
}

Result<void> end_deploy_journal(const std::string& state_dir) {
  const std::string path = journal_path(state_dir);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail(ErrorKind::io, fmt::format("cannot remove {}: {}", path, std::strerror(errno)));
  }
  return sync_directory(state_dir);
}

}  // namespace lectio
