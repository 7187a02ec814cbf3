#include "check/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lectio {
namespace {

using Places = std::map<std::string_view, std::size_t>;

// The ids of one circle of needs, "a -> b -> a", or nothing. Takes away, as long as there
// are any, the checks whose needs are all taken away: what is left holds a circle.
std::string circle_in(const std::vector<CheckInfo>& checks, const Places& places) {
  std::vector<std::size_t> open_needs(checks.size(), 0);
  std::vector<std::vector<std::size_t>> wanted_by(checks.size());
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    open_needs[i] = checks[i].needs.size();
    for (const std::string& need : checks[i].needs) wanted_by[places.at(need)].push_back(i);
    if (checks[i].needs.empty()) free.push_back(i);
  }
  while (!free.empty()) {
    const std::size_t done = free.back();
    free.pop_back();
    for (const std::size_t waiting : wanted_by[done]) {
      if (--open_needs[waiting] == 0) free.push_back(waiting);
    }
  }
  const auto left = std::ranges::find_if(open_needs, [](std::size_t n) { return n != 0; });
  if (left == open_needs.end()) return {};

  std::vector<std::size_t> path;
  std::vector<bool> on_path(checks.size(), false);
  auto at = static_cast<std::size_t>(left - open_needs.begin());
  while (!on_path[at]) {
    on_path[at] = true;
    path.push_back(at);
    const auto next = std::ranges::find_if(checks[at].needs, [&](const std::string& need) {
      return open_needs[places.at(need)] != 0;
    });
    at = places.at(*next);
  }
  std::string circle;
  for (auto it = std::ranges::find(path, at); it != path.end(); ++it) {
    circle += checks[*it].id + " -> ";
  }
  return circle + checks[at].id;
}

std::unexpected<Error> wrong(const std::string& name, const Step& step, std::string_view key,
                             std::string_view what) {
  return fail(ErrorKind::config, fmt::format("{}: step {}: {}: {}", name, step.id, key, what));
}

template <class Names>
std::string unknown(std::string_view what, std::string_view word, const Names& names) {
  const std::string near = nearest(word, names);
  return fmt::format("there is no {} {}{}", what, word,
                     near.empty() ? "" : fmt::format(", did you mean {}?", near));
}

template <class Map>
std::vector<std::string_view> names_of(const Map& map) {
  std::vector<std::string_view> keys;
  keys.reserve(map.size());
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

bool captures(const std::vector<Step>& steps, const Login& login) {
  return std::ranges::any_of(steps, [&](const Step& step) {
    return step.id == login.step &&
           std::ranges::find(step.captures, login.token, &Capture::variable) != step.captures.end();
  });
}

}  // namespace

Result<Scenario> Scenario::parse(std::string_view json, const std::string& name) {
  auto scenario = read(json, name);
  if (!scenario) return scenario;
  if (auto valid = scenario->validate(name); !valid) return std::unexpected(valid.error());
  return scenario;
}

Result<Scenario> Scenario::extended(std::string_view json, const std::string& name) const {
  auto own = read(json, name);
  if (!own) return own;
  std::map<std::string, std::vector<Step*>, std::less<>> replacing;
  std::vector<std::string> order;
  for (Step& step : own->steps_) {
    std::vector<Step*>& variants = replacing[step.id];
    if (variants.empty()) order.push_back(step.id);
    variants.push_back(&step);
  }

  Scenario result;
  result.steps_.reserve(steps_.size() + own->steps_.size());
  const auto put = [&](std::string_view id) {
    for (Step* step : std::exchange(replacing.find(id)->second, {})) {
      result.steps_.push_back(std::move(*step));
    }
  };
  for (const Step& step : steps_) {
    if (replacing.contains(step.id)) {
      put(step.id);
    } else {
      result.steps_.push_back(step);
    }
  }
  for (const std::string& id : order) put(id);
  result.logins_ = own->logins_;
  result.logins_.insert(logins_.begin(), logins_.end());
  result.causes_ = own->causes_;
  result.causes_.insert(result.causes_.end(), causes_.begin(), causes_.end());
  if (auto valid = result.validate(name); !valid) return std::unexpected(valid.error());
  return result;
}

const Login* Scenario::login_of(const Step& step) const {
  const auto found = logins_.find(step.as);
  return found == logins_.end() ? nullptr : &found->second;
}

std::vector<std::string> Scenario::needs_of(const Step& step) const {
  std::vector<std::string> needs;
  if (const Login* login = login_of(step)) needs.push_back(login->step);
  for (const std::string& need : step.needs) {
    if (std::ranges::find(needs, need) == needs.end()) needs.push_back(need);
  }
  return needs;
}

Result<void> Scenario::validate(const std::string& name) {
  Places places;  // by the steps' ids
  checks_.reserve(steps_.size());
  for (const Step& step : steps_) {
    const auto [place, fresh] = places.emplace(step.id, checks_.size());
    if (fresh) checks_.push_back({step.id, step.severity, {}, step.explained_by, step.texts});
    std::vector<std::string>& needs = checks_[place->second].needs;
    for (std::string& need : needs_of(step)) {
      if (std::ranges::find(needs, need) == needs.end()) needs.push_back(std::move(need));
    }
  }
  for (const auto& [login_name, login] : logins_) {
    if (!captures(steps_, login)) {
      return fail(ErrorKind::config, fmt::format("{}: logins: {}: no step {} captures {}", name,
                                                 login_name, login.step, login.token));
    }
  }
  for (const Step& step : steps_) {
    if (!step.as.empty() && login_of(step) == nullptr) {
      return wrong(name, step, "as", unknown("login", step.as, names_of(logins_)));
    }
    for (const std::string& need : step.needs) {
      if (!places.contains(need)) {
        return wrong(name, step, "needs", unknown("step", need, names_of(places)));
      }
    }
    for (const std::string& earlier : step.after) {
      if (!places.contains(earlier)) {
        return wrong(name, step, "after", unknown("step", earlier, names_of(places)));
      }
    }
  }
  std::vector<CheckInfo> waiting = checks_;
  for (const Step& step : steps_) {
    std::vector<std::string>& needs = waiting[places.at(step.id)].needs;
    needs.insert(needs.end(), step.after.begin(), step.after.end());
  }
  if (const std::string circle = circle_in(waiting, places); !circle.empty()) {
    return fail(ErrorKind::config,
                fmt::format("{}: steps need each other in a circle: {}", name, circle));
  }
  return {};
}

}  // namespace lectio
