#include "site/deploy_lock.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "io/json_fields.hpp"

namespace lectio {

template <class Fields>
void describe(Fields& fields, DeployHolder& holder) {
  fields("what", holder.what);
  fields("who", holder.who);
  fields("pid", holder.pid);
  fields("since_ms", holder.since);
}

namespace {

std::string lock_path(const std::string& state_dir) { return state_dir + "/deploy_safe.lock"; }

}  // namespace

Result<std::optional<Fd>> try_deploy_lock(const std::string& state_dir, DeployHolder holder) {
  if (auto made = make_directory(state_dir); !made) return std::unexpected(made.error());
  auto lock = try_lock(lock_path(state_dir));
  if (!lock || !*lock) return lock;
  holder.pid = ::getpid();
  const std::string words = to_json_fields(std::move(holder)) + "\n";
  const int file = (*lock)->get();
  if (::ftruncate(file, 0) != 0 ||
      ::pwrite(file, words.data(), words.size(), 0) != static_cast<ssize_t>(words.size())) {
    static_cast<void>(!::ftruncate(file, 0));
  }
  return lock;
}

// What a holder wrote that has died since says nothing of the one after it.
std::optional<DeployHolder> deploy_lock_holder(const std::string& state_dir) {
  const auto text = read_file(lock_path(state_dir));
  auto holder = text ? parse_json_fields<DeployHolder>(*text) : fail(ErrorKind::io, "");
  if (!holder || holder->pid <= 0) return std::nullopt;
  if (::kill(holder->pid, 0) != 0 && errno == ESRCH) return std::nullopt;
  return std::move(*holder);
}

}  // namespace lectio
