// What mends: each checks first that it can only help.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "site/releases.hpp"
#include "tool/run_tool.hpp"

namespace lectio {

class Remedies {
 public:
  // `run` must outlive it.
  explicit Remedies(const Run& run) : run_(run), config_(run.config) {}

  // Waits until systemd is done with it, or until the run's time is nearly over, and for
  // the backend's new workers to answer. nginx only with a configuration that it takes.
  Result<void> restart(const std::string& unit) const;
  // FRONTEND_BUILD to WEB_USER.
  Result<void> own_build() const;
  // The newest proven release that is whole serves; what served is bad from now on. Nothing when
  // the build is whole.
  Result<void> put_release_back() const;
  // `deploy_safe recover`, in a unit of its own: it outlives this run.
  Result<void> recover() const;

 private:
  Result<void> test_nginx() const;
  Result<void> swap_in_whole_release(const Releases& kept) const;

  const Run& run_;
  const Config& config_;
};

}  // namespace lectio
