#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <memory>

#include "check/assess.hpp"
#include "check/asset_check.hpp"
#include "check/scenario.hpp"
#include "check/step_request.hpp"

namespace lectio {
namespace {

constexpr std::size_t shortest_secret = 8;  // of captured texts; shorter ones are ids

struct Node {
  const CheckInfo* info = nullptr;
  std::vector<const Step*> variants;
  std::size_t variant = 0;           // the one that is asked about
  std::optional<std::size_t> asked;  // the one whose needs are being waited for
  std::size_t waiting_for = 0;       // of its needs
  std::vector<std::size_t> waiters;  // nodes that wait for this one
  BootTime started{0};
  std::optional<Verdict> verdict;
  bool met = false;  // whoever needs it can run
  bool done = false;
};

// A page whose scripts and styles are on their way.
struct AssetRound {
  std::size_t node = 0;
  Finding page;
  AssetPlan plan;
  std::size_t open = 0;
  std::map<std::size_t, Finding> faults;  // by place on the page
};

class ScenarioRun {
 public:
  ScenarioRun(const Scenario& scenario, const ScenarioSettings& settings, const Selection& selected,
              Http& http, Clock& clock, const Deadline& deadline)
      : scenario_(scenario),
        settings_(settings),
        http_(http),
        clock_(clock),
        deadline_(deadline),
        variable_([this](std::string_view name) { return look_up(name); }) {
    for (const std::string& secret : settings.secrets) redactor_.add_secret(secret);
    nodes_.reserve(scenario.checks().size());
    for (const CheckInfo& info : scenario.checks()) {
      places_.emplace(info.id, nodes_.size());
      Node& node = nodes_.emplace_back();
      node.done = !selected.contains(info.id);
      node.info = &info;
    }
    for (const Step& step : scenario.steps()) nodes_[place(step.id)].variants.push_back(&step);
  }

  std::vector<Verdict> run() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!nodes_[i].done) ready_.push_back(i);
    }
    advance_ready();
    http_.run(deadline_);
    std::vector<Verdict> verdicts;
    for (Node& node : nodes_) {
      if (!node.done) node.verdict = judge(*node.info, out_of_time(), Milliseconds{0});
      if (node.verdict) verdicts.push_back(std::move(*node.verdict));
    }
    return verdicts;
  }

 private:
  static Finding out_of_time() { return {Outcome::unknown, "deadline", {}}; }

  std::size_t place(std::string_view id) const { return places_.find(id)->second; }

  std::optional<std::string> look_up(std::string_view name) const {
    if (const auto found = captured_.find(name); found != captured_.end()) return found->second;
    return settings_.variable(name);
  }

  void advance_ready() {
    while (!ready_.empty()) {
      const std::size_t i = ready_.front();
      ready_.pop_front();
      advance(i);
    }
  }

  // Goes through the variants until one runs, ends the node or has to wait.
  void advance(std::size_t i) {
    Node& node = nodes_[i];
    for (; node.variant < node.variants.size(); ++node.variant) {
      const Step& step = *node.variants[node.variant];
      const std::vector<std::string> needs = scenario_.needs_of(step);
      std::vector<std::string> before = needs;
      before.insert(before.end(), step.after.begin(), step.after.end());
      if (must_wait(i, before)) return;
      if (!applies(step)) continue;
      if (const std::string failed = failed_of(needs); !failed.empty()) {
        return finish(i, {Outcome::skipped, "needs", Facts{}.set("needs", failed)}, {});
      }
      return send(i, step);
    }
    const auto& when = node.variants.back()->when;
    Finding finding{Outcome::skipped, when ? when->otherwise : "not_applicable", {}};
    if (when && when->kind == StepCondition::Kind::is_set) {
      finding.facts.set("key", fmt::format("{}", fmt::join(not_set(*when), ", ")));
    }
    finish(i, std::move(finding), {});
  }

  bool must_wait(std::size_t i, const std::vector<std::string>& needs) {
    Node& node = nodes_[i];
    if (node.asked == node.variant) return false;
    node.asked = node.variant;
    for (const std::string& need : needs) {
      Node& needed = nodes_[place(need)];
      if (needed.done) continue;
      needed.waiters.push_back(i);
      ++node.waiting_for;
    }
    return node.waiting_for > 0;
  }

  bool applies(const Step& step) const {
    if (!step.when) return true;
    switch (step.when->kind) {
      case StepCondition::Kind::is_set:
        return not_set(*step.when).empty();
      case StepCondition::Kind::not_set:
        return !not_set(*step.when).empty();
      case StepCondition::Kind::equals:
        return look_up(step.when->variables.front()) == step.when->value;
    }
    return false;
  }

  std::vector<std::string_view> not_set(const StepCondition& condition) const {
    std::vector<std::string_view> names;
    for (const std::string& name : condition.variables) {
      if (!look_up(name)) names.push_back(name);
    }
    return names;
  }

  std::string failed_of(const std::vector<std::string>& needs) const {
    std::vector<std::string_view> failed;
    for (const std::string& need : needs) {
      if (!nodes_[place(need)].met) failed.emplace_back(need);
    }
    return fmt::format("{}", fmt::join(failed, ", "));
  }

  void send(std::size_t i, const Step& step) {
    std::string token;
    if (const Login* login = scenario_.login_of(step)) {
      token = look_up(login->token).value_or("");
    }
    PreparedRequest prepared = prepare_request(step, settings_, variable_, token, deadline_.left());
    if (!prepared.missing.empty()) {
      Facts facts;
      facts.set("keys", fmt::format("{}", fmt::join(prepared.missing, ", ")));
      return finish(i, {Outcome::unknown, "not_configured", std::move(facts)}, {});
    }
    if (deadline_.passed()) return finish(i, out_of_time(), {});
    nodes_[i].started = clock_.boot();
    auto sent = std::make_shared<const HttpRequest>(prepared.request);
    http_.start(std::move(prepared.request), [this, i, &step, sent](HttpResponse response) {
      guarded(i, [&] { answered(i, step, *sent, response); });
      advance_ready();
    });
  }

  template <class Action>
  void guarded(std::size_t i, const Action& action) {
    try {
      action();
    } catch (const std::exception& error) {
      finish(i, {Outcome::unknown, "probe_crashed", Facts{}.set("error", error.what())}, since(i));
    }
  }

  void answered(std::size_t i, const Step& step, const HttpRequest& sent,
                const HttpResponse& response) {
    if (cut_by_deadline(response)) return finish(i, out_of_time(), since(i));
    Assessment result =
        assess({step, scenario_.causes(), sent, variable_, redactor_, clock_.wall()}, response);
    const bool well = result.finding.outcome != Outcome::bad;
    for (auto& [name, value] : result.captured) {
      if (value.size() >= shortest_secret) redactor_.add_secret(value);
      captured_.insert_or_assign(name, std::move(value));
    }
    if (well && step.expect.assets) {
      return fetch_assets(i, step, sent, response, std::move(result.finding));
    }
    finish(i, std::move(result.finding), own_time(i, response));
  }

  bool cut_by_deadline(const HttpResponse& response) const {
    return response.error == HttpError::timeout && deadline_.passed();
  }

  // Without the turn that the request waited for.
  Milliseconds own_time(std::size_t i, const HttpResponse& response) const {
    if (response.tries > 1) return since(i);
    return std::chrono::duration_cast<Milliseconds>(response.phases.total);
  }

  Milliseconds since(std::size_t i) const {
    return std::chrono::duration_cast<Milliseconds>(clock_.boot() - nodes_[i].started);
  }

  void fetch_assets(std::size_t i, const Step& step, const HttpRequest& sent,
                    const HttpResponse& response, Finding page) {
    const Base& base = settings_.bases.find(step.request.base)->second;
    const auto host =
        std::ranges::find(sent.headers, "Host", [](const auto& h) { return h.first; });
    auto round = std::make_shared<AssetRound>();
    round->node = i;
    round->page = std::move(page);
    round->plan = plan_assets(response.body, sent.url,
                              host == sent.headers.end() ? std::string_view{} : host->second);
    round->open = round->plan.fetch.size();
    if (!round->plan.names_script || round->open == 0) return finish_assets(*round);
    const Milliseconds left =
        std::min(std::max(sent.total_timeout - since(i), Milliseconds{1}), deadline_.left());
    for (std::size_t k = 0; k < round->plan.fetch.size(); ++k) {
      const NamedAsset& named = round->plan.fetch[k];
      http_.start(asset_request(sent, named.is_foreign ? Base{} : base, named.url, left),
                  [this, round, k](const HttpResponse& asset) {
                    guarded(round->node, [&] { asset_answered(*round, k, asset); });
                    advance_ready();
                  });
    }
  }

  void asset_answered(AssetRound& round, std::size_t k, const HttpResponse& response) {
    if (cut_by_deadline(response)) {
      round.faults.insert_or_assign(k, out_of_time());
    } else if (auto fault = asset_fault(round.plan.fetch[k], response, redactor_)) {
      round.faults.emplace(k, std::move(*fault));
    }
    if (--round.open == 0) finish_assets(round);
  }

  void finish_assets(AssetRound& round) {
    Finding finding = std::move(round.page);
    finding.facts.set("assets", round.plan.fetch.size());
    if (round.plan.foreign > 0) finding.facts.set("foreign", round.plan.foreign);
    if (round.plan.left_out > 0) finding.facts.set("left_out", round.plan.left_out);
    if (!round.plan.names_script) {
      finding.outcome = Outcome::bad;
      finding.code = "no_assets";
    } else if (!round.faults.empty()) {
      const Finding& first = round.faults.begin()->second;
      finding.outcome = first.outcome;
      finding.code = first.code;
      finding.facts.set("broken", round.faults.size());
      for (const auto& [name, value] : first.facts) {
        finding.facts.set(name, value);
      }
    }
    finish(round.node, std::move(finding), since(round.node));
  }

  void finish(std::size_t i, Finding finding, Milliseconds took) {
    Node& node = nodes_[i];
    if (node.done) return;
    node.done = true;
    node.met = meets_need(finding);
    node.verdict = judge(*node.info, std::move(finding), took);
    // What it needed and had is no cause of what it then saw itself.
    for (const std::string& need : node.info->needs) {
      const Node& needed = nodes_[place(need)];
      if (needed.met && needed.verdict->status != Status::ok) {
        std::erase(node.verdict->explained_by, need);
      }
    }
    for (const std::size_t waiter : node.waiters) {
      if (--nodes_[waiter].waiting_for == 0) ready_.push_back(waiter);
    }
  }

  const Scenario& scenario_;
  const ScenarioSettings& settings_;
  Http& http_;
  Clock& clock_;
  const Deadline& deadline_;
  VariableLookup variable_;
  Redactor redactor_;
  std::map<std::string, std::string, std::less<>> captured_;
  std::vector<Node> nodes_;
  std::map<std::string_view, std::size_t> places_;
  std::deque<std::size_t> ready_;
};

}  // namespace

std::vector<Verdict> run_scenario(const Scenario& scenario, const ScenarioSettings& settings,
                                  const Selection& selected, Http& http, Clock& clock,
                                  const Deadline& deadline) {
  return ScenarioRun{scenario, settings, selected, http, clock, deadline}.run();
}

}  // namespace lectio
