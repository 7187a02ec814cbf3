// Python's packages for new code: a copy of the virtual environment beside the one that serves gets
// them, and the two are exchanged. So a file that does not install changes nothing, and the way
// back needs no network.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "deploy_safe/part.hpp"

namespace lectio {

class Venv {
 public:
  Venv(Stage stage, std::string directory) : stage_(stage), directory_(std::move(directory)) {}

  std::string python() const { return directory_ + "/bin/python"; }
  std::string next_python() const { return next() + "/bin/python"; }
  // Of what serves; 0: there is none.
  std::uint64_t inode() const;
  bool is_of_root() const;
  // What is installed in what serves, as pip lists it: "name==version", a line each.
  Result<std::string> packages() const;

  // The copy, with the packages that `requirements` asks for.
  Result<void> prepare(const std::string& requirements) const;
  Result<void> exchange_with_next() const;
  Result<void> remove_next() const;

 private:
  std::string next() const { return directory_ + ".next"; }
  Result<void> copy() const;
  Result<std::string> run(std::vector<std::string> argv, Milliseconds timeout) const;

  Stage stage_;
  std::string directory_;
};

}  // namespace lectio
