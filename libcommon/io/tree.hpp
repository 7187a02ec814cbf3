// Directory trees: measured, copied, joined by links, exchanged, removed. Errors (ErrorKind::io)
// name the path.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace lectio {

struct TreeSize {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;  // files, directories and links
};

// A symbolic link that leads out of the tree, if only on its way, and what is neither file,
// directory nor link, is an error (ErrorKind::config): such a tree is not copied.
Result<TreeSize> measure_tree(const std::string& path);

struct TreeOwner {
  uid_t user = 0;
  gid_t group = 0;
};

// To `to`, which must not exist; directories get mode 755, files 644. On disk when it returns;
// on an error nothing is left. `stop` is asked before each file: true gives it up.
Result<void> copy_tree(const std::string& from, const std::string& to, TreeOwner owner,
                       const std::function<bool()>& stop);

// One that is not there yet, mode 755.
Result<void> make_owned_directory(const std::string& path, TreeOwner owner);

// Owner and modes of the directories and files that are there, as copy_tree sets them; links are
// left, and not followed.
Result<void> own_tree(const std::string& path, TreeOwner owner);

// Relative paths of the regular files, sorted.
Result<std::vector<std::string>> files_of_tree(const std::string& path);

// `path`, relative in both trees, also in `to`: a hard link, or a copy where that cannot be made.
// Missing directories are made as copy_tree would. One that is there already is left. Links among
// the directories are not followed: a tree belongs to an account that may be somebody else's.
Result<void> link_into_tree(const std::string& from, const std::string& to, const std::string& path,
                            TreeOwner owner);

// The file at `path` in the tree, links among the directories not followed. One that is gone
// already is no error.
Result<void> remove_from_tree(const std::string& tree, const std::string& path);

// All that was written to the file system that `path` lies on is on disk.
Result<void> sync_file_system(const std::string& path);

// One that is gone already is no error.
Result<void> remove_tree(const std::string& path);

// Each gets the other's name. False: this file system cannot do it at once; for a moment there
// was nothing at `b`, and a crash in between leaves it at `spare`. ErrorKind::config: it does not
// move `b` at all (a directory of overlayfs' lower layer); nothing has changed.
Result<bool> exchange(const std::string& a, const std::string& b, const std::string& spare);

// The names in the directory are on disk.
Result<void> sync_directory(const std::string& path);

}  // namespace lectio
