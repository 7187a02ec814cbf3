// A server made of words: units, time and the web answer what the test says.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/facts.hpp"
#include "check/finding.hpp"
#include "io/http.hpp"
#include "io/systemd.hpp"

namespace lectio::server_fakes {

// Time passes only in sleep().
class Clock final : public lectio::Clock {
 public:
  WallTime wall() override { return WallTime{slept}; }
  BootTime boot() override { return slept; }
  void sleep(Milliseconds duration) override {
    slept += duration;
    if (on_sleep) on_sleep();
  }

  Milliseconds slept{0};
  std::function<void()> on_sleep;
};

inline UnitState unit_state(const std::string& active, const std::string& sub,
                            const std::string& result = "success") {
  UnitState state;
  state.load_state = "loaded";
  state.active_state = active;
  state.sub_state = sub;
  state.unit_file_state = "enabled";
  state.result = result;
  state.main_pid = active == "active" ? 100 : 0;
  return state;
}

inline UnitState running() { return unit_state("active", "running"); }

// Each unit goes through the states it was given, one a question, and stays in the last.
class Systemd final : public lectio::Systemd {
 public:
  Result<UnitState> unit(const std::string& name) override {
    ++asked[name];
    auto& states = units[name];
    if (states.empty()) return running();
    Result<UnitState> state = states.front();
    if (states.size() > 1) states.pop_front();
    return state;
  }

  Result<UnitSettings> settings(const std::string& /*name*/) override { return unit_settings; }

  std::map<std::string, std::deque<Result<UnitState>>> units;
  UnitSettings unit_settings;
  std::map<std::string, int> asked;
};

inline HttpResponse answer(int status, const std::string& type, const std::string& body) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"content-type", type}};
  response.body = body;
  response.body_size = body.size();
  response.phases.connect = std::chrono::milliseconds{1};
  response.phases.total = std::chrono::milliseconds{20};
  return response;
}

inline HttpResponse page() { return answer(200, "text/html; charset=utf-8", "<html>"); }

inline HttpResponse healthy() {
  return answer(200, "application/json",
                R"({"status": "ok", "checks": {"database": true, "response_time_ms": 2}})");
}

inline HttpResponse failure(HttpError error) {
  HttpResponse response;
  response.error = error;
  response.error_text = "in libcurl's words";
  return response;
}

// Answers by address when it is run, and keeps what was asked.
class Http final : public lectio::Http {
 public:
  void start(HttpRequest request, Callback done) override {
    waiting.emplace_back(std::move(request), std::move(done));
  }
  void run(const Deadline& /*deadline*/) override {
    batches.push_back(waiting.size());
    for (auto& [request, done] : std::exchange(waiting, {})) {
      const auto found = answers.find(request.url);
      asked.push_back(std::move(request));
      done(found == answers.end() ? failure(HttpError::dns) : found->second);
    }
  }

  std::map<std::string, HttpResponse> answers;
  std::vector<HttpRequest> asked;
  std::vector<std::size_t> batches;  // how many were sent together
  std::vector<std::pair<HttpRequest, Callback>> waiting;
};

// "?" when there is no such fact.
inline std::string fact(const Facts& facts, std::string_view name) {
  const FactValue* value = facts.find(name);
  return value == nullptr ? "?" : to_text(*value);
}

// "critical disk_full": what a finding says, for one look.
inline std::string told(const Finding& finding) {
  constexpr std::array names{"good", "bad", "warning", "critical", "unknown", "skipped"};
  return std::string{names.at(static_cast<std::size_t>(finding.outcome))} + " " + finding.code;
}

}  // namespace lectio::server_fakes
