// The configuration as it is to be: what a person has said, what stands in the file, what was
// found on the machine, in this order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "lectio-monitor-setup/discovery.hpp"

namespace lectio {

using Answers = std::map<std::string, std::string, std::less<>>;

// A file of answers, KEY="value". Errors (ErrorKind::config) name file, line and key.
Result<Answers> parse_answers(std::string_view text, const std::string& path);

struct Plan {
  std::string text;  // of config.env
  std::map<std::string, std::string> changes;
  std::vector<std::string> missing;  // keys without which the suite is of no use
};

// `text`: of the file as it is; of config.env.example when there is none. What it says is kept
// but for what is answered; its placeholders and the example's own address say nothing.
// Errors (ErrorKind::config): the file does not parse, or an answer is not of its kind.
Result<Plan> plan_config(const std::string& text, const std::string& path,
                         const std::vector<Found>& found, const Answers& answers);

// What the file says by itself, of any key; empty: nothing.
std::optional<std::string> said(std::string_view text, std::string_view key);

}  // namespace lectio
