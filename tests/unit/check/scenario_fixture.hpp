// A scenario written step by step in a test, and run against a site that answers as told.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "check/fake_site.hpp"
#include "check/scenario.hpp"

namespace lectio {

class RunScenario : public testing::Test {
 protected:
  RunScenario() {
    settings.bases = {{"site", {"https://lectio.test", {}, {"a:1:b:2"}, {}}},
                      {"backend",
                       {"http://127.0.0.1:8000",
                        {{"Host", "lectio.test"}, {"X-Forwarded-Proto", "https"}},
                        {},
                        "/run/gunicorn.sock"}},
                      {"url", {}}};
    settings.variable = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = config.find(name);
      if (found == config.end()) return std::nullopt;
      return found->second;
    };
  }

  // A GET of /id, unless `members` say otherwise.
  void step(const std::string& id, const std::string& members = "",
            const std::string& request = "") {
    steps.push_back(R"({"id":")" + id + R"(","title":"T","meaning":"M","action":"A",)" +
                    R"("severity":"critical","request":)" +
                    (request.empty() ? R"({"base":"site","path":"/)" + id + R"("})" : request) +
                    (members.empty() ? "" : "," + members) + "}");
  }
  void variant(const std::string& id, const std::string& path, const std::string& members) {
    steps.push_back(R"({"id":")" + id + R"(","request":{"base":"site","path":")" + path + R"("},)" +
                    members + "}");
  }
  void login(const std::string& id = "login", const std::string& members = "") {
    step(id, R"("capture":{"token":"/access"})" + members,
         R"({"method":"POST","base":"backend","path":"/login",
             "json":{"email":"a@b.c","password":"${PASSWORD}"}})");
    logins = R"("logins":{"teacher":{"step":")" + id + R"(","token":"token"}},)";
    config["PASSWORD"] = "pass\"word";
    site.answer("POST /login", json_answer(200, R"({"access":"the-access-token"})"),
                Milliseconds{200});
  }

  std::vector<Verdict> run(Milliseconds budget = Milliseconds{60'000}) {
    std::string list;
    for (const std::string& each : steps) list += (list.empty() ? "" : ",") + each;
    scenario.emplace(
        Scenario::parse("{" + logins + R"("steps":[)" + list + "]}", "own.json").value());
    if (selected.empty()) {
      for (const CheckInfo& check : scenario->checks()) selected.insert(check.id);
    }
    return run_scenario(*scenario, settings, selected, site, time, Deadline{time, budget});
  }

  // "a:ok:http_ok b:skipped:needs"
  std::string told(Milliseconds budget = Milliseconds{60'000}) {
    std::string result;
    for (const Verdict& verdict : verdicts = run(budget)) {
      if (!result.empty()) result += " ";
      result += verdict.id + ":" + std::string{to_string(verdict.status)} + ":" + verdict.code;
    }
    return result;
  }
  std::string fact(const std::string& id, std::string_view name) const {
    for (const Verdict& verdict : verdicts) {
      if (verdict.id != id) continue;
      const FactValue* value = verdict.facts.find(name);
      return value == nullptr ? "none" : to_text(*value);
    }
    return "no verdict";
  }
  Milliseconds now() { return std::chrono::duration_cast<Milliseconds>(time.boot()); }

  FakeTime time;
  FakeSite site{time};
  ScenarioSettings settings;
  std::map<std::string, std::string, std::less<>> config;
  std::vector<std::string> steps;
  std::string logins;
  Selection selected;
  std::optional<Scenario> scenario;
  std::vector<Verdict> verdicts;
};

}  // namespace lectio
