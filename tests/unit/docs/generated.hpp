// Documents that are made of the code's own tables. A test compares; LECTIO_WRITE_DOCS=1 writes.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "io/file.hpp"

namespace lectio {

inline void expect_document(const std::string& name, const std::string& text) {
  const std::string path = std::string{SOURCE_DIR} + "/docs/" + name;
  if (std::getenv("LECTIO_WRITE_DOCS") != nullptr) std::ofstream{path} << text;
  EXPECT_TRUE(read_file(path).value_or("") == text)
      << path << " is not what the code says: LECTIO_WRITE_DOCS=1 build/dev/unit_tests "
      << "--gtest_filter='*Reference*' writes it anew";
}

}  // namespace lectio
