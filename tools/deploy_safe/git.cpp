#include "deploy_safe/git.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string_view>

#include "base/split.hpp"
#include "check/redactor.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "io/user.hpp"

namespace lectio {
namespace {

constexpr Milliseconds fetch_timeout{180'000};
constexpr Milliseconds lock_patience{10'000};
constexpr std::size_t most_subjects = 5;

std::string without_end_of_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

// The cause is in the first complaint; what follows only says what came of it. The address of a
// remote may hold a token.
std::string git_complaint(const std::string& text) {
  const auto lines = split(text, "\r\n");
  const auto found = std::ranges::find_if(lines, [](const std::string& line) {
    return line.starts_with("error: ") || line.starts_with("fatal: ");
  });
  if (found != lines.end()) return Redactor{}.clean(*found, 300);
  return lines.empty() ? std::string{} : Redactor{}.clean(lines.back(), 300);
}

std::string home_of(const std::string& user) {
  const auto account = find_user(user.empty() ? std::to_string(::geteuid()) : user);
  return account ? account->home : "/";
}

bool is_hash(std::string_view name) {
  return name.size() >= 7 && name.size() <= 64 &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

// What lies where a file of that name would go, or on the way there; empty: nothing.
std::string in_the_way_of(const std::string& name, const std::string& root) {
  struct stat status{};
  for (std::size_t end = name.find('/'); end != std::string::npos; end = name.find('/', end + 1)) {
    std::string parent = name.substr(0, end);
    if (::lstat(fmt::format("{}/{}", root, parent).c_str(), &status) != 0) return {};
    if (!S_ISDIR(status.st_mode)) return parent;
  }
  const std::string place = fmt::format("{}/{}", root, name);
  return ::lstat(place.c_str(), &status) == 0 ? name : std::string{};
}

// Bytecode goes with the interpreter that wrote it.
bool is_bytecode(const std::filesystem::path& path) {
  return path.filename() == "__pycache__" || path.extension() == ".pyc";
}

}  // namespace

Result<Git> Git::open(const std::string& directory, Clock& clock) {
  std::error_code failed;
  std::filesystem::path root = std::filesystem::weakly_canonical(directory, failed);
  struct stat status{};
  while (::lstat((root / ".git").c_str(), &status) != 0) {
    if (!root.has_relative_path()) {
      return fail(ErrorKind::config,
                  fmt::format("{} (PROJECT_ROOT) lies in no git repository", directory));
    }
    root = root.parent_path();
  }
  // git refuses a repository that is somebody else's, root's right to read it or not; and what is
  // configured in it runs as whoever calls git.
  const bool is_ours = !we_are_root() || status.st_uid == ::geteuid();
  return Git{root.string(), is_ours ? std::string{} : std::to_string(status.st_uid), clock};
}

ProcessRequest Git::as_owner(std::vector<std::string> argv) const {
  return {.argv = std::move(argv),
          .environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + home_of(user_),
                          "LANG=C.UTF-8", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0",
                          // Whoever is asked for a password here would wait for nobody.
                          "SSH_ASKPASS=/bin/false", "SSH_ASKPASS_REQUIRE=force"},
          .directory = root_,
          .user = user_,
          .max_output = std::size_t{16} << 20U};
}

Result<std::string> Git::finish(const ProcessRequest& request, std::string_view what) const {
  const auto result = run_process(request, *clock_);
  if (!result) return std::unexpected(result.error());
  if (result->timed_out) {
    return fail(ErrorKind::timeout, fmt::format("{} took too long in {}", what, root_));
  }
  if (!result->ok()) {
    return fail(ErrorKind::io,
                fmt::format("{} in {}: {}", what, root_, git_complaint(result->errors)));
  }
  return result->output;
}

Result<std::string> Git::run(std::vector<std::string> arguments, Milliseconds timeout) const {
  const std::string command = arguments.front();
  // A hook is for whoever commits by hand.
  std::vector<std::string> argv{"/usr/bin/git", "-C", root_, "-c", "core.hooksPath=/dev/null"};
  std::ranges::move(arguments, std::back_inserter(argv));
  ProcessRequest request = as_owner(std::move(argv));
  request.timeout = timeout;
  return finish(request, "git " + command);
}

Result<std::vector<std::string>> Git::list(std::vector<std::string> arguments) const {
  const auto output = run(std::move(arguments));
  if (!output) return std::unexpected(output.error());
  return split(*output, std::string_view{"\0", 1});
}

Result<std::string> Git::commit_of(const std::string& ref) const {
  auto commit = run({"rev-parse", "--verify", "--end-of-options", ref + "^{commit}"});
  if (!commit) return fail(ErrorKind::config, commit.error().message + ": " + ref);
  return without_end_of_line(*commit);
}

Result<std::vector<std::string>> Git::remotes() const {
  const auto output = run({"remote"});
  if (!output) return std::unexpected(output.error());
  return split(*output, "\n");
}

Result<std::string> Git::commit_to_deploy(const std::string& ref) const {
  if (is_hash(ref)) {
    if (auto commit = commit_of(ref)) return commit;
  }
  if (auto fetched = fetch(ref); !fetched) return std::unexpected(fetched.error());
  const auto all = remotes();
  if (!all) return std::unexpected(all.error());
  // The local branch of that name is what serves already.
  std::vector<std::string> names;
  for (const std::string& remote : *all)
    names.push_back(fmt::format("refs/remotes/{}/{}", remote, ref));
  names.push_back("refs/tags/" + ref);
  for (const std::string& name : names) {
    if (auto commit = commit_of(name)) return commit;
  }
  return commit_of(ref);
}

Result<void> Git::fetch(const std::string& ref) const {
  const auto all = remotes();
  if (!all) return std::unexpected(all.error());
  if (all->empty()) return {};
  const auto named = std::ranges::find_if(
      *all, [&](const std::string& remote) { return ref.starts_with(remote + "/"); });
  const auto fetched = run({"fetch", "--quiet", "--tags", "--no-write-fetch-head",
                            named == all->end() ? "--all" : *named},
                           fetch_timeout);
  if (!fetched) return std::unexpected(fetched.error());
  return {};
}

Result<std::vector<std::string>> Git::in_the_way(const std::string& next) const {
  auto changed = list({"diff", "--name-only", "--no-ext-diff", "-z", "HEAD"});
  if (!changed) return changed;
  const auto added = list({"diff", "--name-only", "--diff-filter=A", "-z", "HEAD", next});
  if (!added) return std::unexpected(added.error());
  std::set<std::string> places;
  for (const std::string& path : *added) places.insert(in_the_way_of(path, root_));
  places.erase("");
  if (places.empty()) return changed;
  // A file of git's own may become a directory, and the other way round.
  std::vector<std::string> look{"--literal-pathspecs", "ls-files", "--others", "-z", "--"};
  look.insert(look.end(), places.begin(), places.end());
  const auto untracked = list(std::move(look));
  if (!untracked) return std::unexpected(untracked.error());
  changed->insert(changed->end(), untracked->begin(), untracked->end());
  return changed;
}

Result<std::vector<std::string>> Git::only_here(const std::string& next) const {
  const auto all = remotes();
  if (!all || all->empty()) return all;
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
  const auto added =
      run({"worktree", "add", "--quiet", "--force", "--force", "--detach", directory, commit});
  if (!added) return std::unexpected(added.error());
  const auto untracked = list({"ls-files", "--others", "--directory", "-z"});
  if (!untracked) return std::unexpected(untracked.error());
  // By the owner: the tree is the owner's to change, also while we look at it.
  ProcessRequest link =
      as_owner({"/usr/bin/xargs", "-0", "-r", "-n", "2", "/usr/bin/ln", "-sTn", "--"});
  for (const std::string& name : *untracked) {
    const std::filesystem::path path{name.ends_with('/') ? name.substr(0, name.size() - 1) : name};
    struct stat status{};
    const auto place = std::filesystem::path{directory} / path;
    const bool is_free = ::lstat(place.c_str(), &status) != 0 && errno == ENOENT &&
                         ::lstat(place.parent_path().c_str(), &status) == 0;
    if (is_bytecode(path) || !is_free) continue;
    link.input += (std::filesystem::path{root_} / path).string() + '\0' + place.string() + '\0';
  }
  const auto linked = finish(link, "ln");
  if (!linked) return std::unexpected(linked.error());
  return {};
}

Result<void> Git::forget_worktree(const std::string& directory) const {
  // One whose making was cut is locked, and would be kept for ever. Any other: an error, and no
  // harm.
  [[maybe_unused]] const auto unlocked = run({"worktree", "unlock", directory});
  const auto pruned = run({"worktree", "prune"});
  if (!pruned) return std::unexpected(pruned.error());
  return {};
}

// A git that was killed leaves its locks; one that works lets go of them soon.
Result<void> Git::break_dead_locks() const {
  const auto branch = run({"rev-parse", "--symbolic-full-name", "HEAD"});
  std::vector<std::string> names{"index.lock", "HEAD.lock"};
  if (branch) names.push_back(without_end_of_line(*branch) + ".lock");
  const Deadline patience{*clock_, lock_patience};
  for (const std::string& name : names) {
    const auto path = run({"rev-parse", "--path-format=absolute", "--git-path", name});
    if (!path) return std::unexpected(path.error());
    const std::filesystem::path lock{without_end_of_line(*path)};
    std::error_code failed;
    while (std::filesystem::exists(lock, failed) && !patience.passed()) {
      clock_->sleep(Milliseconds{500});
    }
    std::filesystem::remove(lock, failed);
  }
  return {};
}

Result<void> Git::reset(const std::string& commit) const {
  if (auto broken = break_dead_locks(); !broken) return broken;
  const auto done = run({"reset", "--quiet", "--hard", commit});
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::string> Git::changes() const { return run({"diff", "--binary", "HEAD"}); }

Result<void> Git::apply(const std::string& patch) const {
  ProcessRequest request = as_owner({"/usr/bin/git", "-C", root_, "apply", "--whitespace=nowarn"});
  request.input = patch;
  const auto done = finish(request, "git apply");
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> Git::pack(const std::vector<std::string>& files, const Fd& to) const {
  ProcessRequest request =
      as_owner({"/usr/bin/tar", "--create", "--null", "--ignore-failed-read", "--files-from=-"});
  for (const std::string& file : files) request.input += file + '\0';
  request.output_fd = to.get();
  const auto done = finish(request, "tar");
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> Git::unpack(const Fd& from) const {
  ProcessRequest request = as_owner({"/usr/bin/tar", "--extract", "--skip-old-files", "--file=-"});
  request.input_fd = from.get();
  const auto done = finish(request, "tar");
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace lectio
