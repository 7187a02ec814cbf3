#include "lectio-monitor-setup/discovery.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <regex>
#include <utility>

#include "io/file.hpp"
#include "io/filesystem.hpp"
#include "io/process.hpp"
#include "io/procfs.hpp"
#include "io/url.hpp"
#include "lectio-monitor-setup/app_unit.hpp"
#include "lectio-monitor-setup/nginx_config.hpp"
#include "site/site_process.hpp"

namespace lectio {
namespace {

namespace fs = std::filesystem;

using Known = std::function<std::optional<std::string>(std::string_view key)>;

// What a Lectio server runs beside gunicorn, by the names that its servers have used.
constexpr std::array<std::string_view, 12> companions{
    "redis-server",   "celery-worker", "celery_worker",   "celery",
    "celery-default", "celery-heavy",  "celery-combined", "celery-beat",
    "celery_beat",    "telegram_bot",  "support_bot",     "postgresql"};

struct Backend {
  AppUnit unit;
  Gunicorn gunicorn;
  bool runs = false;
};

struct Pair {
  std::optional<Backend> backend;
  std::optional<NginxSite> site;
};

bool is_file(const fs::path& path) {
  std::error_code failed;
  return fs::is_regular_file(path, failed);
}

// "0.0.0.0:8000", ":8000", "[::]:8000" and "localhost:8000" are reached at 127.0.0.1.
std::string as_reached(const std::string& bind) {
  if (bind.starts_with("unix:")) return bind;
  const std::size_t colon = bind.rfind(':');
  if (colon == std::string::npos) return bind;
  const std::string host = bind.substr(0, colon);
  const bool anywhere = host.empty() || host == "0.0.0.0" || host == "[::]" || host == "localhost";
  return (anywhere ? "127.0.0.1" : host) + bind.substr(colon);
}

// Not "fd://3", nor a variable of a unit that does not run.
bool is_host_and_port(const std::string& bind) {
  static const std::regex form{R"((\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):[0-9]+)"};
  return std::regex_match(bind, form);
}

std::string url_of(const NginxSite& site) {
  return "https://" + site.names.front() + (site.port == 443 ? "" : fmt::format(":{}", site.port));
}

template <class Items, class Fits>
void keep(Items& items, const Fits& fits) {
  std::erase_if(items, [&](const auto& item) { return !fits(item); });
}

// Where none fits, all stay.
template <class Items, class Fits>
void prefer(Items& items, const Fits& fits) {
  if (std::ranges::any_of(items, fits)) keep(items, fits);
}

class Search {
 public:
  Search(const Places& places, Systemd& systemd, Clock& clock, const Known& known)
      : places_(places), systemd_(systemd), clock_(clock), known_(known) {}

  Discovery search() {
    look_at_units();
    look_at_nginx();
    choose();
    if (chosen_.backend) tell_backend(*chosen_.backend);
    if (chosen_.site) tell_site(*chosen_.site);
    tell_companions();
    return std::move(discovery_);
  }

 private:
  void tell(std::string_view key, std::string value, const std::string& source) {
    if (!value.empty()) discovery_.found.push_back({std::string{key}, std::move(value), source});
  }

  void look_at_units() {
    for (const std::string& directory : places_.unit_directories) {
      const auto paths = matching_paths(directory + "/*.service");
      if (!paths) continue;
      for (const std::string& path : *paths) {
        const std::string name = fs::path{path}.stem().string();
        const bool seen = std::ranges::any_of(
            backends_, [&](const Backend& backend) { return backend.unit.name == name; });
        std::error_code
            failed;  // a unit may be a link into the repository; a masked one leads nowhere
        const std::string real = fs::canonical(path, failed).string();
        const auto text =
            seen || failed ? std::nullopt : read_file_if_any(real).value_or(std::nullopt);
        if (!text) continue;
        Backend backend;
        backend.unit = parse_unit_file(*text);
        backend.gunicorn = parse_gunicorn(backend.unit.command);
        if (backend.gunicorn.program.empty()) continue;
        backend.unit.name = name;
        backend.unit.path = path;
        ask_running(backend);
        backends_.push_back(std::move(backend));
      }
    }
  }

  // A process knows what the variables of its unit file were.
  void ask_running(Backend& backend) {
    const auto state = systemd_.unit(backend.unit.name);
    if (!state || state->main_pid == 0) return;
    backend.runs = state->active_state == "active";
    const auto command = Procfs{places_.proc}.command_line(state->main_pid);
    const Gunicorn running = command ? parse_gunicorn(*command) : Gunicorn{};
    if (!running.program.empty()) backend.gunicorn = running;
    std::error_code failed;
    const fs::path cwd =
        fs::read_symlink(fmt::format("{}/{}/cwd", places_.proc, state->main_pid), failed);
    if (!failed) backend.unit.working_directory = cwd.string();
  }

  void look_at_nginx() {
    std::error_code failed;
    if (!fs::exists(places_.nginx, failed)) return;
    const auto dump = run_process({.argv = {places_.nginx, "-T"},
                                   .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                                   .timeout = std::chrono::seconds{20},
                                   .max_output = std::size_t{8} << 20U},
                                  clock_);
    if (!dump || !dump->ok()) return;
    auto config = parse_nginx_dump(dump->output);
    if (config) nginx_ = std::move(*config);
  }

  bool serves(const NginxSite& site, const Backend& backend) const {
    if (backend.gunicorn.bind.empty()) return false;
    return std::ranges::any_of(site.proxies, [&](const std::string& proxy) {
      return as_reached(proxy) == as_reached(backend.gunicorn.bind);
    });
  }

  // What is configured excludes what is not; then a pair that belongs together before any other,
  // and a unit that runs before one that does not.
  void choose() {
    std::vector<Backend> backends = backends_;
    std::vector<NginxSite> sites = nginx_.sites;
    keep(sites, [](const NginxSite& site) { return !site.names.empty(); });
    if (const auto unit = known_("BACKEND_SERVICE")) {
      keep(backends, [&](const Backend& backend) {
        return backend.unit.name == *unit || backend.unit.name + ".service" == *unit;
      });
    }
    if (const auto url = known_("SITE_URL")) {
      const auto wanted = parse_url(*url);
      keep(sites, [&](const NginxSite& site) {
        return wanted && std::ranges::find(site.names, wanted->host) != site.names.end();
      });
    }
    std::vector<Pair> pairs;
    for (const Backend& backend : backends) {
      for (const NginxSite& site : sites) {
        if (serves(site, backend)) pairs.push_back({backend, site});
      }
    }
    prefer(pairs, [](const Pair& pair) { return pair.backend->runs; });
    if (pairs.size() == 1) {
      chosen_ = std::move(pairs.front());
      return;
    }
    for (const Pair& pair : pairs) {
      discovery_.sites.push_back(
          fmt::format("{} ({})", url_of(*pair.site), pair.backend->unit.name));
    }
    if (!pairs.empty()) return;
    // Nothing belongs together: each by itself, where there is but one.
    prefer(backends, [](const Backend& backend) { return backend.runs; });
    prefer(sites,
           [](const NginxSite& site) { return is_file(fs::path{site.root} / "index.html"); });
    if (backends.size() == 1) chosen_.backend = std::move(backends.front());
    if (sites.size() == 1) chosen_.site = std::move(sites.front());
    if (sites.size() < 2) return;
    for (const NginxSite& site : sites) discovery_.sites.push_back(url_of(site));
  }

  void tell_backend(const Backend& backend) {
    const std::string& source = backend.unit.path;
    tell("BACKEND_SERVICE", backend.unit.name, source);
    const std::string directory = django_directory(backend);
    const std::string program = backend.gunicorn.program;
    const std::string venv = program.ends_with("/bin/gunicorn")
                                 ? fs::path{program}.parent_path().parent_path().string()
                                 : std::string{};
    if (!directory.empty()) {
      tell("PROJECT_ROOT", project_root(directory, venv), source);
      tell("DJANGO_DIR", directory, source);
      tell_settings(backend, directory);
    }
    tell("VENV_DIR", venv, source);
    const std::string bind = as_reached(backend.gunicorn.bind);
    if (bind.starts_with("unix:")) {
      std::string path = bind.substr(5);
      while (path.starts_with("//")) path.erase(0, 1);
      tell("BACKEND_SOCKET", (fs::path{backend.unit.working_directory} / path).string(), source);
    } else if (is_host_and_port(bind)) {
      tell("INTERNAL_BACKEND_URL", "http://" + bind, source);
    }
  }

  static std::string django_directory(const Backend& backend) {
    std::string start = backend.gunicorn.directory;
    if (start.empty()) start = backend.unit.working_directory;
    if (start.empty() || start.front() != '/') return {};
    while (start.size() > 1 && start.ends_with('/')) start.pop_back();
    if (is_file(fs::path{start} / "manage.py")) return start;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator{start, failed}) {
      if (entry.is_directory(failed) && is_file(entry.path() / "manage.py")) {
        return entry.path().string();
      }
    }
    const fs::path above = fs::path{start}.parent_path();
    return is_file(above / "manage.py") ? above.string() : std::string{};
  }

  // The repository's; else where both the code and its environment lie.
  static std::string project_root(const std::string& django, const std::string& venv) {
    std::error_code failed;
    for (fs::path path = django; path.has_relative_path(); path = path.parent_path()) {
      if (fs::exists(path / ".git", failed)) return path.string();
    }
    const std::string above = fs::path{venv}.parent_path().string();
    const bool holds_both = above.size() > 1 && (django + "/").starts_with(above + "/");
    return holds_both ? above : fs::path{django}.parent_path().string();
  }

  // As what serves has it; manage.py may be a developer's.
  void tell_settings(const Backend& backend, const std::string& directory) {
    constexpr auto key = "DJANGO_SETTINGS_MODULE";
    const auto state = systemd_.unit(backend.unit.name);
    const auto running =
        state && state->main_pid > 0
            ? read_file(fmt::format("{}/{}/environ", places_.proc, state->main_pid))
            : Result<std::string>{fail(ErrorKind::io, "")};
    std::map<std::string, std::string> environment;
    if (running) environment = parse_environment(*running);
    if (environment.contains(key)) {
      tell(key, environment.at(key), backend.unit.name);
      return;
    }
    std::string application = backend.gunicorn.application;
    std::ranges::replace(application, '.', '/');
    for (const std::string& file : {application + ".py", std::string{"manage.py"}}) {
      const std::string path = (fs::path{directory} / file).string();
      const std::string module = settings_module(path);
      if (module.empty()) continue;
      tell(key, module, path);
      return;
    }
  }

  static std::string settings_module(const std::string& path) {
    const auto text = read_file(path);
    std::smatch match;
    static const std::regex named{
        R"(DJANGO_SETTINGS_MODULE['"]\s*[,\]]\s*=?\s*['"]([A-Za-z0-9_.]+)['"])"};
    return text && std::regex_search(*text, match, named) ? match[1].str() : std::string{};
  }

  void tell_site(const NginxSite& site) {
    const std::string source = "nginx -T: " + site.names.front();
    tell("SITE_URL", url_of(site), source);
    if (is_file(fs::path{site.root} / "index.html")) tell("FRONTEND_BUILD", site.root, source);
    tell("WEB_USER", nginx_.user, source);
    // certbot's own is looked for by the site's name.
    const std::string usual =
        fmt::format("/etc/letsencrypt/live/{}/fullchain.pem", site.names.front());
    if (site.certificate != usual && site.certificate.starts_with('/')) {
      tell("CERTIFICATE_FILE", site.certificate, source);
    }
    tell("NGINX_ACCESS_LOG", site.access_log, source);
    tell("NGINX_ERROR_LOG", site.error_log, source);
  }

  void tell_companions() {
    std::vector<std::string_view> there;
    for (const std::string_view name : companions) {
      const auto state = systemd_.unit(std::string{name});
      const bool wanted = state && state->load_state == "loaded" &&
                          (state->active_state == "active" || state->unit_file_state == "enabled");
      if (wanted) there.push_back(name);
    }
    tell("WATCH_UNITS", fmt::format("{}", fmt::join(there, " ")), "systemd");
  }

  const Places& places_;
  Systemd& systemd_;
  Clock& clock_;
  const Known& known_;
  std::vector<Backend> backends_;
  NginxConfig nginx_;
  Pair chosen_;
  Discovery discovery_;
};

}  // namespace

Discovery discover(const Places& places, Systemd& systemd, Clock& clock, const Known& known) {
  return Search{places, systemd, clock, known}.search();
}

}  // namespace lectio
