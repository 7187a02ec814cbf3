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
struct EnumName<ReleaseState> : NamedInOrder<ReleaseState> {
  static constexpr std::array<std::string_view, 3> names{"fresh", "proven", "bad"};
};

std::string_view to_string(ReleaseState state) { return EnumName<ReleaseState>::name(state); }

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
constexpr std::string_view gone_prefix = ".gone-";
constexpr std::string_view spare_name = ".spare";

std::uint64_t inode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

bool is_at(const Release& release, const std::string& path) {
  return release.inode != 0 && release.inode == inode_of(path);
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

// main.8f3a2b1c.js: the name changes with the content.
bool names_its_content(std::string_view name) {
  constexpr std::size_t shortest_hash = 8;
  constexpr std::string_view separators = ".-_";
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find_first_of(separators));
    if (part.size() >= shortest_hash && part.find_first_of("0123456789") != part.npos) return true;
    name.remove_prefix(std::min(part.size() + 1, name.size()));
  }
  return false;
}

// The page itself and what lies beside it (a service worker, robots.txt) belong to one release.
bool is_carried(std::string_view path) {
  return (path.contains('/') || names_its_content(path)) && !path.ends_with(".html");
}

}  // namespace

// A slash at the end would put the releases into what serves.
Releases::Releases(std::string build, TreeOwner owner) : build_(std::move(build)), owner_(owner) {
  while (build_.size() > 1 && build_.ends_with('/')) build_.pop_back();
}

bool Releases::serves(const Release& release) const { return is_at(release, build_); }

std::string Releases::description(const std::string& name) const {
  return fmt::format("{}/{}.json", directory(), name);
}

// Under its own name but for a rename that failed.
std::string Releases::place(const Release& release) const {
  if (serves(release)) return build_;
  if (is_at(release, tree(release))) return tree(release);
  std::error_code failed;
  for (std::filesystem::directory_iterator entries{directory(), failed};
       !failed && entries != std::filesystem::directory_iterator{}; entries.increment(failed)) {
    if (is_at(release, entries->path().string())) return entries->path().string();
  }
  return tree(release);
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
  std::erase_if(*all, [&](const Release& release) {
    return !serves(release) && !is_at(release, tree(release));
  });
  return all;
}

Result<std::optional<Release>> Releases::serving() const {
  auto all = described();
  if (!all) return std::unexpected(all.error());
  const auto found = std::ranges::find_if(*all, [&](const Release& one) { return serves(one); });
  if (found == all->end()) return std::nullopt;
  return std::move(*found);
}

Result<void> Releases::rename_durably(const std::string& from, const std::string& to) const {
  std::error_code failed;
  std::filesystem::rename(from, to, failed);
  if (failed) {
    return fail(ErrorKind::io,
                fmt::format("cannot rename {} to {}: {}", from, to, failed.message()));
  }
  return sync_names();
}

Result<void> Releases::sync_names() const {
  for (const std::string& parent :
       {directory(), std::filesystem::path{build_}.parent_path().string()}) {
    if (auto synced = sync_directory(parent); !synced) return synced;
  }
  return {};
}

Result<void> Releases::tidy() const {
  const auto all = described();
  if (!all) return std::unexpected(all.error());
  const std::string spare = fmt::format("{}/{}", directory(), spare_name);
  std::error_code failed;
  if (!std::filesystem::exists(build_, failed) && std::filesystem::exists(spare, failed)) {
    if (auto back = rename_durably(spare, build_); !back) return back;
  }
  std::vector<std::filesystem::path> trees;
  for (std::filesystem::directory_iterator entries{directory(), failed};
       !failed && entries != std::filesystem::directory_iterator{}; entries.increment(failed)) {
    if (entries->is_directory(failed) && !entries->is_symlink(failed)) {
      trees.push_back(entries->path());
    }
  }
  if (failed == std::errc::no_such_file_or_directory) return {};
  if (failed) {
    return fail(ErrorKind::io, fmt::format("cannot tidy {}: {}", directory(), failed.message()));
  }
  for (const std::filesystem::path& path : trees) {
    const std::string name = path.filename().string();
    if (name.starts_with(copy_prefix) || name.starts_with(gone_prefix)) {
      if (auto removed = remove_tree(path.string()); !removed) return removed;
      continue;
    }
    const auto known = std::ranges::find_if(
        *all, [&](const Release& release) { return is_at(release, path.string()); });
    if (known == all->end() || known->name == name) continue;
    if (auto renamed = rename_durably(path.string(), tree(*known)); !renamed) return renamed;
  }
  return describe_again(*all);
}

// A tree that was copied to another disk has another inode and the same page.
Result<void> Releases::describe_again(const std::vector<Release>& all) const {
  for (Release release : all) {
    if (serves(release) || is_at(release, tree(release))) continue;
    const auto index = index_hash(tree(release));
    if (index && *index == release.index) {
      release.inode = inode_of(tree(release));
      if (auto saved = save(release); !saved) return saved;
    } else if (inode_of(tree(release)) == 0) {
      std::error_code failed;
      std::filesystem::remove(description(release.name), failed);
    }
  }
  return {};
}

// After every other, also when the clock was ahead once.
Result<std::string> Releases::free_name(WallTime now) const {
  const auto all = described();
  if (!all) return std::unexpected(all.error());
  auto at = std::chrono::floor<std::chrono::seconds>(now);
  if (!all->empty()) {
    at = std::max(at, std::chrono::floor<std::chrono::seconds>(all->front().made));
  }
  for (;; at += std::chrono::seconds{1}) {
    std::string name = fmt::format("{:%Y%m%d-%H%M%S}", at);
    const auto taken = [&](const Release& release) { return release.name >= name; };
    if (std::ranges::none_of(*all, taken)) return name;
  }
}

Result<Release> Releases::adopt(WallTime now) const {
  if (inode_of(build_) == 0) {
    return fail(ErrorKind::config,
                fmt::format("{} does not exist: put a build there once, then deploy", build_));
  }
  auto known = serving();
  if (!known) return std::unexpected(known.error());
  const std::string index = index_hash(build_).value_or("");
  if (*known && (*known)->index == index) return std::move(**known);
  if (auto made = make_directory(directory(), 0755); !made) return std::unexpected(made.error());
  Release release;
  if (*known) {
    // Changed in place: nothing that was said of it holds any more.
    release.name = (*known)->name;
  } else {
    auto name = free_name(now);
    if (!name) return std::unexpected(name.error());
    release.name = std::move(*name);
  }
  release.inode = inode_of(build_);
  release.made = now;
  release.index = index;
  if (auto saved = save(release); !saved) return std::unexpected(saved.error());
  return release;
}

Result<Release> Releases::stage(const std::string& source, WallTime now,
                                const std::function<bool()>& stop) const {
  if (auto made = make_directory(directory(), 0755); !made) return std::unexpected(made.error());
  auto name = free_name(now);
  if (!name) return std::unexpected(name.error());
  Release release{.name = std::move(*name), .source = source, .made = now};
  const std::string copy = fmt::format("{}/{}{}", directory(), copy_prefix, release.name);
  const auto described_and_named = [&]() -> Result<void> {
    auto index = index_hash(copy);
    if (!index) return std::unexpected(index.error());
    release.index = std::move(*index);
    release.inode = inode_of(copy);
    if (auto saved = save(release); !saved) return saved;
    return rename_durably(copy, tree(release));
  };
  if (auto copied = copy_tree(source, copy, owner_, stop); !copied) {
    return std::unexpected(copied.error());
  }
  if (auto done = described_and_named(); !done) {
    std::error_code failed;  // the error that counts is the first
    std::filesystem::remove_all(copy, failed);
    std::filesystem::remove(description(release.name), failed);
    return std::unexpected(done.error());
  }
  return release;
}

Result<void> Releases::carry(const Release& from, Release& to, WallTime now,
                             WallTime oldest) const {
  const std::string source = place(from);
  const std::string target = place(to);
  const auto files = files_of_tree(source);
  if (!files) return std::unexpected(files.error());
  const std::map<std::string, WallTime> before_carried = to.carried;
  std::vector<std::string> missing;
  for (const std::string& file : *files) {
    const auto before = from.carried.find(file);
    const WallTime since = before == from.carried.end() ? now : before->second;
    if (!is_carried(file) || since < oldest) continue;
    std::error_code failed;
    const std::filesystem::path there = std::filesystem::path{target} / file;
    if (!std::filesystem::exists(there, failed)) missing.push_back(file);
    const auto carried = to.carried.find(file);
    if (carried != to.carried.end()) {
      carried->second = std::max(carried->second, since);  // it served once more
    } else if (!missing.empty() && missing.back() == file) {
      to.carried.emplace(file, since);
    }
  }
  if (missing.empty() && to.carried == before_carried) return {};
  // Described before they are there: what nobody describes would stay for ever.
  if (auto saved = save(to); !saved) return saved;
  for (const std::string& file : missing) {
    if (auto linked = link_into_tree(source, target, file, owner_); !linked) return linked;
  }
  return missing.empty() ? Result<void>{} : sync_file_system(target);
}

Result<int> Releases::drop_carried(Release& release, WallTime oldest) const {
  const std::string root = place(release);
  int dropped = 0;
  for (auto file = release.carried.begin(); file != release.carried.end();) {
    if (file->second >= oldest) {
      ++file;
      continue;
    }
    if (auto removed = remove_from_tree(root, file->first); !removed) {
      return std::unexpected(removed.error());
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
  const std::string from = place(next);
  const auto exchanged = exchange(from, build_, spare);
  if (!exchanged) return exchanged;
  if (auto named = from == tree(before) ? sync_names() : rename_durably(from, tree(before));
      !named) {
    return std::unexpected(named.error());
  }
  return exchanged;
}

Result<void> Releases::save(const Release& release) const {
  return write_file_atomically(description(release.name), to_json_fields(Release{release}) + "\n",
                               0644);
}

Result<void> Releases::remove(const Release& release) const {
  if (serves(release)) {
    return fail(ErrorKind::config, fmt::format("release {} serves the site", release.name));
  }
  // Out of the way first: half of a tree is no release.
  const std::string gone = fmt::format("{}/{}{}", directory(), gone_prefix, release.name);
  if (is_at(release, tree(release))) {
    if (auto moved = rename_durably(tree(release), gone); !moved) return moved;
  }
  std::error_code failed;
  std::filesystem::remove(description(release.name), failed);
  if (failed) {
    return fail(ErrorKind::io,
                fmt::format("cannot remove {}: {}", description(release.name), failed.message()));
  }
  return remove_tree(gone);
}

}  // namespace lectio
