#include "site/releases.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>

#include "io/file.hpp"
#include "io/json_fields.hpp"

namespace lectio {

template <>
struct EnumName<ReleaseState> {
  static constexpr std::array<std::string_view, 3> names{"fresh", "proven", "bad"};
  static std::string_view name(ReleaseState value) {
    return names.at(static_cast<std::size_t>(value));
  }
  static std::optional<ReleaseState> value(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<ReleaseState>(found - names.begin());
  }
};

template <class Fields>
void describe(Fields& fields, Release& release) {
  int schema = 1;
  fields("schema", schema);
  fields("name", release.name);
  fields("state", release.state);
  fields("reason", release.reason);
  fields("source", release.source);
  fields("inode", release.inode);
  fields("index", release.index);
  fields("made_ms", release.made);
  fields("carried", release.carried);
}

namespace {

constexpr std::size_t largest_index = std::size_t{16} << 20U;  // bytes
constexpr std::string_view copy_prefix = ".copy-";
constexpr std::string_view spare_name = ".spare";

std::uint64_t inode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

Result<std::string> index_hash(const std::string& tree) {
  const auto text = read_file(tree + "/index.html", largest_index);
  if (!text) return std::unexpected(text.error());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  EVP_Q_digest(nullptr, "SHA256", nullptr, text->data(), text->size(), digest.data(), &size);
  std::string hex;
  for (std::size_t i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// The page itself and what lies beside it belong to one release alone.
bool is_carried(std::string_view path) { return path.contains('/') && !path.ends_with(".html"); }

}  // namespace

std::string Releases::description(const std::string& name) const {
  return fmt::format("{}/{}.json", directory(), name);
}

std::string Releases::place(const Release& release) const {
  return release.inode == inode_of(build_) ? build_ : tree(release);
}

Result<std::vector<Release>> Releases::described() const {
  std::error_code failed;
  std::filesystem::directory_iterator entries{directory(), failed};
  if (failed == std::errc::no_such_file_or_directory) return std::vector<Release>{};
  std::vector<Release> all;
  for (; !failed && entries != std::filesystem::directory_iterator{}; entries.increment(failed)) {
    if (entries->path().extension() != ".json") continue;
    const std::string path = entries->path().string();
    const auto text = read_file(path);
    if (!text) return std::unexpected(text.error());
    auto release = parse_json_fields<Release>(*text);
    if (!release || release->name != entries->path().stem().string()) {
      return fail(ErrorKind::config, fmt::format("{} describes no release: move it away", path));
    }
    all.push_back(std::move(*release));
  }
  if (failed) {
    return fail(ErrorKind::io, fmt::format("cannot read {}: {}", directory(), failed.message()));
  }
  std::ranges::sort(all, std::ranges::greater{}, &Release::name);
  return all;
}

Result<std::vector<Release>> Releases::list() const {
  auto all = described();
  if (!all) return all;
  const std::uint64_t serving = inode_of(build_);
  std::erase_if(*all, [&](const Release& release) {
    return release.inode != serving && release.inode != inode_of(tree(release));
  });
  return all;
}

Result<std::optional<Release>> Releases::serving() const {
  auto all = described();
  if (!all) return std::unexpected(all.error());
  const auto found = std::ranges::find(*all, inode_of(build_), &Release::inode);
  if (found == all->end()) return std::nullopt;
  const auto index = index_hash(build_);
  if (!index || *index != found->index) return std::nullopt;
  return std::move(*found);
}

Result<void> Releases::tidy() const {
  const auto all = described();
  if (!all) return std::unexpected(all.error());
  const std::string spare = fmt::format("{}/{}", directory(), spare_name);
  std::error_code failed;
  if (!std::filesystem::exists(build_) && std::filesystem::exists(spare)) {
    std::filesystem::rename(spare, build_, failed);
  }
  std::vector<std::filesystem::path> trees;
  for (const auto& entry : std::filesystem::directory_iterator{directory(), failed}) {
    if (entry.is_directory() && !entry.is_symlink()) trees.push_back(entry.path());
  }
  for (const std::filesystem::path& path : trees) {
    const std::string name = path.filename().string();
    if (name.starts_with(copy_prefix)) {
      if (auto removed = remove_tree(path.string()); !removed) return removed;
      continue;
    }
    const auto known = std::ranges::find(*all, inode_of(path.string()), &Release::inode);
    if (known == all->end() || known->name == name || failed) continue;
    std::filesystem::rename(path, tree(*known), failed);
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return fail(ErrorKind::io, fmt::format("cannot tidy {}: {}", directory(), failed.message()));
  }
  return {};
}

std::string Releases::free_name(WallTime now) const {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  for (auto at = second;; at += std::chrono::seconds{1}) {
    std::string name = fmt::format("{:%Y%m%d-%H%M%S}", at);
    if (!std::filesystem::exists(description(name))) return name;
  }
}

Result<Release> Releases::adopt(WallTime now) const {
  auto known = serving();
  if (!known) return std::unexpected(known.error());
  if (*known) return std::move(**known);
  if (auto made = make_directory(directory(), 0755); !made) return std::unexpected(made.error());
  // One that was changed in place has a description that is no longer true of it.
  const auto all = described();
  if (!all) return std::unexpected(all.error());
  Release release{.name = free_name(now)};
  if (const auto old = std::ranges::find(*all, inode_of(build_), &Release::inode);
      old != all->end()) {
    release = *old;
    release.state = ReleaseState::fresh;
  }
  release.inode = inode_of(build_);
  release.made = now;
  auto index = index_hash(build_);
  release.index = index ? std::move(*index) : "";
  if (auto saved = save(release); !saved) return std::unexpected(saved.error());
  return release;
}

Result<Release> Releases::stage(const std::string& source, WallTime now,
                                const std::function<bool()>& stop) const {
  if (auto made = make_directory(directory(), 0755); !made) return std::unexpected(made.error());
  Release release{.name = free_name(now), .source = source, .made = now};
  const std::string copy = fmt::format("{}/{}{}", directory(), copy_prefix, release.name);
  if (auto copied = copy_tree(source, copy, owner_, stop); !copied) {
    return std::unexpected(copied.error());
  }
  auto index = index_hash(copy);
  if (!index) return std::unexpected(index.error());
  release.index = std::move(*index);
  release.inode = inode_of(copy);
  if (auto saved = save(release); !saved) return std::unexpected(saved.error());
  std::error_code failed;
  std::filesystem::rename(copy, tree(release), failed);
  if (failed) {
    return fail(ErrorKind::io,
                fmt::format("cannot rename {} to {}: {}", copy, tree(release), failed.message()));
  }
  if (auto synced = sync_directory(directory()); !synced) return std::unexpected(synced.error());
  return release;
}

Result<void> Releases::carry(const Release& from, Release& to, WallTime now,
                             WallTime oldest) const {
  const std::string source = place(from);
  const std::string target = place(to);
  const auto files = files_of_tree(source);
  if (!files) return std::unexpected(files.error());
  std::vector<std::string> missing;
  for (const std::string& file : *files) {
    const auto before = from.carried.find(file);
    const WallTime since = before == from.carried.end() ? now : before->second;
    if (!is_carried(file) || since < oldest || std::filesystem::exists(target + "/" + file)) {
      continue;
    }
    missing.push_back(file);
    to.carried[file] = since;
  }
  if (missing.empty()) return {};
  // Described before they are there: what nobody describes would stay for ever.
  if (auto saved = save(to); !saved) return saved;
  for (const std::string& file : missing) {
    if (auto linked = link_into_tree(source, target, file, owner_); !linked) return linked;
  }
  return {};
}

Result<int> Releases::drop_carried(Release& release, WallTime oldest) const {
  const std::string root = place(release);
  int dropped = 0;
  for (auto file = release.carried.begin(); file != release.carried.end();) {
    if (file->second >= oldest) {
      ++file;
      continue;
    }
    std::error_code failed;
    std::filesystem::remove(root + "/" + file->first, failed);
    if (failed) {
      return fail(ErrorKind::io,
                  fmt::format("cannot remove {}/{}: {}", root, file->first, failed.message()));
    }
    file = release.carried.erase(file);
    ++dropped;
  }
  if (dropped == 0) return 0;
  if (auto saved = save(release); !saved) return std::unexpected(saved.error());
  return dropped;
}

Result<bool> Releases::swap(const Release& next, const Release& before) const {
  const std::string spare = fmt::format("{}/{}", directory(), spare_name);
  const auto exchanged = exchange(tree(next), build_, spare);
  if (!exchanged) return exchanged;
  std::error_code failed;
  std::filesystem::rename(tree(next), tree(before), failed);
  if (failed) {
    return fail(ErrorKind::io, fmt::format("cannot rename {} to {}: {}", tree(next), tree(before),
                                           failed.message()));
  }
  for (const std::string& parent :
       {directory(), std::filesystem::path{build_}.parent_path().string()}) {
    if (auto synced = sync_directory(parent); !synced) return std::unexpected(synced.error());
  }
  return exchanged;
}

Result<void> Releases::save(const Release& release) const {
  return write_file_atomically(description(release.name), to_json_fields(Release{release}) + "\n",
                               0644);
}

Result<void> Releases::remove(const Release& release) const {
  if (release.inode == inode_of(build_)) {
    return fail(ErrorKind::config, fmt::format("release {} serves the site", release.name));
  }
  // Its tree first: a description without one is no release.
  if (auto removed = remove_tree(tree(release)); !removed) return removed;
  std::error_code failed;
  std::filesystem::remove(description(release.name), failed);
  if (failed) {
    return fail(ErrorKind::io,
                fmt::format("cannot remove {}: {}", description(release.name), failed.message()));
  }
  return {};
}

}  // namespace lectio
