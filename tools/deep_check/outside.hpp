// What the site lives on elsewhere: the video stream, Google Drive, Zoom. Each is a few steps of
// outside.json, told as one check.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "check/finding.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

std::vector<CheckInfo> outside_checks();

// Of those that `run` was asked for. Drive's access is read from GDRIVE_TOKEN_FILE, which belongs
// to the site and is never written.
std::vector<Verdict> run_outside_checks(Run& run);

// The first step that is not well speaks for its check, else the last; what is not configured or
// has nothing to look at is skipped.
std::vector<Verdict> told_as_one(const std::vector<Verdict>& steps);

}  // namespace lectio
