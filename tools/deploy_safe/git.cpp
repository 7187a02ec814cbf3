#include "deploy_safe/git.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "io/file.hpp"
#include "io/process.hpp"
#include "io/user.hpp"

namespace lectio {
namespace {

constexpr Milliseconds fetch_timeout{180'000};
constexpr Milliseconds lock_patience{10'000};
constexpr std::size_t most_subjects = 5;

std::vector<std::string> split_at(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string without_end_of_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::string last_line(const std::string& text) {
  const std::string trimmed = without_end_of_line(text);
  return trimmed.substr(trimmed.rfind('\n') + 1);
}

// git refuses a repository that is somebody else's, root's right to read it or not.
std::string owner_of(const std::string& path) {
  struct stat status{};
  if (!we_are_root() || ::stat(path.c_str(), &status) != 0) return {};
  return status.st_uid == ::geteuid() ? std::string{} : std::to_string(status.st_uid);
}

std::string home_of(const std::string& user) {
  const auto account = find_user(user.empty() ? std::to_string(::geteuid()) : user);
  return account ? account->home : "/";
}

bool is_hash(std::string_view name) {
  return name.size() >= 7 && name.size() <= 64 &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// Links to it at the same place of `tree`, unless there is something.
void link_untracked(const std::filesystem::path& root, const std::filesystem::path& tree,
                    const std::string& name) {
  const std::filesystem::path path{name.ends_with('/') ? name.substr(0, name.size() - 1) : name};
  const std::string base = path.filename().string();
  if (base == "__pycache__" || base.ends_with(".pyc")) return;
  std::error_code failed;
  if (!std::filesystem::is_directory((tree / path).parent_path(), failed)) return;
  std::filesystem::create_symlink(root / path, tree / path, failed);
}

}  // namespace

Result<Git> Git::open(const std::string& directory, Clock& clock) {
  Git git{directory, owner_of(directory + "/.git"), clock};
  auto root = git.run({"rev-parse", "--show-toplevel"});
  if (!root) return std::unexpected(root.error());
  return Git{without_end_of_line(*root), owner_of(without_end_of_line(*root) + "/.git"), clock};
}

Result<std::string> Git::run(std::vector<std::string> arguments, Milliseconds timeout) const {
  std::vector<std::string> argv{"/usr/bin/git", "-C", root_};
  const std::string command = arguments.front();
  std::ranges::move(arguments, std::back_inserter(argv));
  const ProcessRequest request{
      .argv = std::move(argv),
      .environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + home_of(user_), "LANG=C.UTF-8",
                      "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0",
                      // Whoever is asked for a password here would wait for nobody.
                      "SSH_ASKPASS=/bin/false", "SSH_ASKPASS_REQUIRE=force"},
      .user = user_,
      .timeout = timeout,
      .max_output = std::size_t{16} << 20U};
  const auto result = run_process(request, *clock_);
  if (!result) return std::unexpected(result.error());
  if (result->timed_out) {
    return fail(ErrorKind::timeout, fmt::format("git {} took too long in {}", command, root_));
  }
  if (!result->ok()) {
    return fail(ErrorKind::io,
                fmt::format("git {} in {}: {}", command, root_, last_line(result->errors)));
  }
  return result->output;
}

Result<std::vector<std::string>> Git::list(std::vector<std::string> arguments) const {
  const auto output = run(std::move(arguments));
  if (!output) return std::unexpected(output.error());
  return split_at(*output, '\0');
}

Result<std::string> Git::commit_of(const std::string& ref) const {
  auto commit = run({"rev-parse", "--verify", "--end-of-options", ref + "^{commit}"});
  if (!commit) return fail(ErrorKind::config, commit.error().message + ": " + ref);
  return without_end_of_line(*commit);
}

bool Git::has_commit(const std::string& name) const {
  return is_hash(name) && commit_of(name).has_value();
}

Result<void> Git::fetch(const std::string& ref) const {
  const auto remotes = run({"remote"});
  if (!remotes) return std::unexpected(remotes.error());
  if (remotes->empty()) return {};
  std::string from = "--all";
  for (const std::string& remote : split_at(*remotes, '\n')) {
    if (ref.starts_with(remote + "/")) from = remote;
  }
  const auto fetched = run({"fetch", "--quiet", "--no-write-fetch-head", from}, fetch_timeout);
  if (!fetched) return std::unexpected(fetched.error());
  return {};
}

Result<std::vector<std::string>> Git::in_the_way(const std::string& next) const {
  auto changed = list({"diff", "--name-only", "--no-ext-diff", "-z", "HEAD"});
  if (!changed) return changed;
  const auto added = list({"diff", "--name-only", "--diff-filter=A", "-z", "HEAD", next});
  if (!added) return std::unexpected(added.error());
  for (const std::string& path : *added) {
    struct stat status{};
    if (::lstat((root_ + "/" + path).c_str(), &status) == 0) changed->push_back(path);
  }
  return changed;
}

Result<std::vector<std::string>> Git::only_here(const std::string& next) const {
  const auto remotes = run({"remote"});
  if (!remotes) return std::unexpected(remotes.error());
  if (remotes->empty()) return std::vector<std::string>{};
  return list({"log", "-z", "--format=%h %s", "HEAD", "--not", next, "--remotes", "--tags"});
}

Result<Commits> Git::between(const std::string& from, const std::string& to) const {
  const auto count = [&](const std::string& range) -> Result<std::int64_t> {
    const auto output = run({"rev-list", "--count", range});
    if (!output) return std::unexpected(output.error());
    return std::strtoll(output->c_str(), nullptr, 10);
  };
  const auto ahead = count(from + ".." + to);
  const auto behind = count(to + ".." + from);
  auto subjects = list({"log", "-z", "--no-merges", "--format=%h %s",
                        fmt::format("--max-count={}", most_subjects), from + ".." + to});
  if (!ahead) return std::unexpected(ahead.error());
  if (!behind) return std::unexpected(behind.error());
  if (!subjects) return std::unexpected(subjects.error());
  return Commits{*ahead, *behind, std::move(*subjects)};
}

Result<std::vector<std::string>> Git::changed_files(const std::string& from,
                                                    const std::string& to) const {
  return list({"diff", "--name-only", "--no-renames", "-z", from, to});
}

Result<void> Git::add_worktree(const std::string& directory, const std::string& commit) const {
  const auto added = run({"worktree", "add", "--quiet", "--force", "--detach", directory, commit});
  if (!added) return std::unexpected(added.error());
  const auto untracked = list({"ls-files", "--others", "--directory", "-z"});
  if (!untracked) return std::unexpected(untracked.error());
  for (const std::string& name : *untracked) link_untracked(root_, directory, name);
  return {};
}

Result<void> Git::forget_worktrees() const {
  const auto pruned = run({"worktree", "prune"});
  if (!pruned) return std::unexpected(pruned.error());
  return {};
}

Result<void> Git::reset(const std::string& commit) const {
  // One that was killed leaves its lock; one that works lets go of it soon.
  const auto lock = run({"rev-parse", "--git-path", "index.lock"});
  if (!lock) return std::unexpected(lock.error());
  const std::filesystem::path path = std::filesystem::path{root_} / without_end_of_line(*lock);
  std::error_code failed;
  const Deadline patience{*clock_, lock_patience};
  while (std::filesystem::exists(path, failed) && !patience.passed()) {
    clock_->sleep(Milliseconds{500});
  }
  std::filesystem::remove(path, failed);
  const auto done = run({"reset", "--quiet", "--hard", commit});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::string> Git::changes() const { return run({"diff", "--binary", "HEAD"}); }

}  // namespace lectio
