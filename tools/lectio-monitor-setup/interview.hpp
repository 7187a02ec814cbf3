// From what the machine tells, what the file says and what a person answers to a plan that lacks
// nothing.
#pragma once

#include <string>

#include "base/result.hpp"
#include "io/systemd.hpp"
#include "lectio-monitor-setup/discovery.hpp"
#include "lectio-monitor-setup/plan.hpp"
#include "lectio-monitor-setup/voice.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

class Interview {
 public:
  // All outlive it.
  Interview(const Start& start, const Voice& voice, Systemd& systemd)
      : start_(start), voice_(voice), systemd_(systemd) {}

  // `answers`: the path of a file of answers, "-": stdin, empty: none. Asks for what is missing
  // where somebody is there. An error (ErrorKind::config) names what is missing or wrong.
  Result<void> hold(const std::string& answers);

  // What was found, and what is to be written; no secret.
  void show();

  const Plan& plan() const { return plan_; }
  bool is_new() const { return is_new_; }  // there is no configuration yet

 private:
  Result<std::string> text_before();
  Result<void> find(const std::string& before, const Answers& answers);
  Result<void> ask_for(const std::string& key, Answers& answers);
  void show_found();

  const Start& start_;
  const Voice& voice_;
  Systemd& systemd_;
  Discovery discovery_;
  Plan plan_;
  bool is_new_ = false;
  bool has_shown_ = false;
};

}  // namespace lectio
