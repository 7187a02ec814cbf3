// From consequences to their cause.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/severity.hpp"

namespace lectio {

// A check as the search sees it; points into what it was made of.
struct RootNode {
  std::string_view id;
  Status status = Status::ok;
  const std::vector<std::string>* explained_by = nullptr;
};

inline constexpr std::size_t no_root = static_cast<std::size_t>(-1);

// For each node the deepest one that is not well and that its `explained_by` leads to; itself
// when there is none. `no_root` for one that is well, and for one that was skipped and that
// nothing explains. One that could not tell explains only others that could not.
std::vector<std::size_t> find_roots(std::span<const RootNode> nodes);

}  // namespace lectio
