// The releases of the frontend. FRONTEND_BUILD is the one that serves; the others lie beside it,
// in FRONTEND_BUILD.releases/NAME, each with a description, NAME.json. Which tree is which its
// inode tells: it stays the same through every rename.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/tree.hpp"

namespace lectio {

// fresh: not judged yet; proven: the checks passed while it served.
enum class ReleaseState { fresh, proven, bad };
std::string_view to_string(ReleaseState state);

struct Release {
  std::string name;  // 20261125-174512, of when it was made
  ReleaseState state = ReleaseState::fresh;
  std::string reason = {};  // why it is bad
  std::string source = {};  // the directory it was copied from; empty: it was there
  std::uint64_t inode = 0;
  std::string index = {};  // SHA-256 of its index.html, hexadecimal
  WallTime made{};
  std::map<std::string, WallTime> carried =
      {};  // files of other releases in its tree, and since when
};

class Releases {
 public:
  Releases(std::string build, TreeOwner owner);

  const std::string& build() const { return build_; }
  std::string directory() const { return build_ + ".releases"; }
  // Of the one that serves too: where it would lie.
  std::string tree(const Release& release) const { return directory() + "/" + release.name; }

  // Those that have a tree, the newest first.
  Result<std::vector<Release>> list() const;
  // The one that serves; empty: nobody described it.
  Result<std::optional<Release>> serving() const;
  bool serves(const Release& release) const;

  // After a death: every tree under its own name again, half copies and half removed trees gone,
  // and descriptions without a tree. Nothing that serves is touched, unless nothing does: then what
  // was moved away for an exchange comes back.
  Result<void> tidy() const;

  // Describes what serves, if nobody did or its page was changed since. Nothing serves: an error
  // (ErrorKind::config).
  Result<Release> adopt(WallTime now) const;
  // Copies a build in. `stop`: as copy_tree.
  Result<Release> stage(const std::string& source, WallTime now,
                        const std::function<bool()>& stop) const;
  // Pages that are open ask for files of their own release: `to` gets the files in directories
  // of `from` that it lacks, those that were carried before `oldest` excepted.
  Result<void> carry(const Release& from, Release& to, WallTime now, WallTime oldest) const;
  // Takes the carried files away that came before `oldest`; how many.
  Result<int> drop_carried(Release& release, WallTime oldest) const;
  // `next` serves, `before` does not. False: not at once (see exchange).
  Result<bool> swap(const Release& next, const Release& before) const;

  Result<void> save(const Release& release) const;
  // Its tree and its description. Never the one that serves (ErrorKind::config).
  Result<void> remove(const Release& release) const;

 private:
  std::string description(const std::string& name) const;
  std::string place(const Release& release) const;
  Result<std::vector<Release>> described() const;
  Result<std::string> free_name(WallTime now) const;
  Result<void> rename_durably(const std::string& from, const std::string& to) const;
  Result<void> sync_names() const;
  Result<void> describe_again(const std::vector<Release>& all) const;

  std::string build_;
  TreeOwner owner_;
};

}  // namespace lectio
