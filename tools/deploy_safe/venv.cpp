#include "deploy_safe/venv.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "check/redactor.hpp"
#include "deploy_safe/room.hpp"
#include "deploy_safe/stop.hpp"
#include "io/process.hpp"
#include "io/tree.hpp"
#include "io/user.hpp"

namespace lectio {
namespace {

constexpr Milliseconds list_timeout{std::chrono::minutes{1}};
constexpr Milliseconds copy_timeout{std::chrono::minutes{10}};
constexpr Milliseconds install_timeout{std::chrono::minutes{20}};

std::string parent_of(const std::string& path) {
  return std::filesystem::path{path}.parent_path().string();
}

// What pip says is wrong, not the advice that it may add.
std::string complaint(const std::string& errors) {
  const std::size_t found = errors.rfind("ERROR: ");
  const std::size_t start = found == std::string::npos ? 0 : found;
  return Redactor{}.clean(errors.substr(start, errors.find('\n', start) - start), 300);
}

}  // namespace

std::uint64_t Venv::inode() const {
  struct stat status{};
  return ::stat(directory_.c_str(), &status) == 0 ? status.st_ino : 0;
}

bool Venv::is_of_root() const {
  struct stat status{};
  return ::stat(directory_.c_str(), &status) == 0 && status.st_uid == 0;
}

Result<std::string> Venv::packages() const {
  return run({python(), "-m", "pip", "--disable-pip-version-check", "freeze"}, list_timeout);
}

// As whoever owns the environment: a foreign tree is not root's to write in.
Result<std::string> Venv::run(std::vector<std::string> argv, Milliseconds timeout) const {
  struct stat status{};
  if (::stat(directory_.c_str(), &status) != 0) {
    return fail(ErrorKind::config,
                fmt::format("{} (VENV_DIR): {}", directory_, std::strerror(errno)));
  }
  const std::string owner = we_are_root() ? std::to_string(status.st_uid) : std::string{};
  const auto account = find_user(std::to_string(status.st_uid));
  const std::string program = argv.front();
  const ProcessRequest request{
      .argv = std::move(argv),
      .environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
                      "HOME=" + (account ? account->home : std::string{"/"})},
      .directory = "/",
      .user = owner,
      .timeout = timeout,
      .stop = stop_asked};
  const auto result = run_process(request, stage_.act.clock);
  if (!result) return std::unexpected(result.error());
  if (result->ok()) return result->output;
  return fail(ErrorKind::io, fmt::format("{}: {}", program,
                                         result->timed_out ? "took too long, or was stopped"
                                                           : complaint(result->errors)));
}

Result<void> Venv::copy() const {
  const auto used = run({"/usr/bin/du", "-s", "--block-size=1", directory_}, copy_timeout);
  if (!used) return std::unexpected(used.error());
  const TreeSize size{.bytes = std::strtoull(used->c_str(), nullptr, 10), .entries = 1};
  if (auto room = judge_room(stage_, parent_of(directory_), size); !room) return room;
  if (auto removed = remove_next(); !removed) return removed;
  struct stat status{};
  if (::stat(directory_.c_str(), &status) != 0) {
    return fail(ErrorKind::io, fmt::format("{}: {}", directory_, std::strerror(errno)));
  }
  if (auto made = make_owned_directory(next(), {status.st_uid, status.st_gid}); !made) return made;
  const auto copied =
      run({"/usr/bin/cp", "-a", "--reflink=auto", directory_ + "/.", next()}, copy_timeout);
  if (!copied) return std::unexpected(copied.error());
  return {};
}

Result<void> Venv::prepare(const std::string& requirements) const {
  if (auto copied = copy(); !copied) return copied;
  const auto installed = run({next_python(), "-m", "pip", "install", "--quiet", "--no-input",
                              "--disable-pip-version-check", "--requirement", requirements},
                             install_timeout);
  if (!installed) return std::unexpected(installed.error());
  // Programs name their interpreter by its path, which will be that of the environment that serves.
  const auto renamed = run({"/usr/bin/find", next() + "/bin", "-type", "f", "-exec", "/usr/bin/sed",
                            "-i", fmt::format("1s|^#!{}/|#!{}/|", next(), directory_), "{}", "+"},
                           copy_timeout);
  if (!renamed) return std::unexpected(renamed.error());
  return sync_file_system(next());
}

Result<void> Venv::exchange_with_next() const {
  // Where they cannot be exchanged at once, a death may have left nothing in the one's place.
  const std::string spare = directory_ + ".spare";
  if (inode() == 0) ::rename(spare.c_str(), directory_.c_str());
  const auto exchanged = exchange(next(), directory_, spare);
  if (!exchanged && exchanged.error().kind == ErrorKind::config) {
    return fail(ErrorKind::config,
                stage_.progress.phrase("deploy_cannot_move", Facts{}.set("place", directory_)));
  }
  if (!exchanged) return std::unexpected(exchanged.error());
  return sync_directory(parent_of(directory_));
}

Result<void> Venv::remove_next() const { return remove_tree(next()); }

}  // namespace lectio
