#include "io/systemd.hpp"

#include <fmt/format.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

namespace lectio {
namespace {

using std::chrono::microseconds;
using Steady = std::chrono::steady_clock;

constexpr microseconds patience = std::chrono::seconds{5};
constexpr const char* manager = "org.freedesktop.systemd1";
constexpr const char* manager_path = "/org/freedesktop/systemd1";
constexpr const char* manager_interface = "org.freedesktop.systemd1.Manager";
constexpr const char* unit_interface = "org.freedesktop.systemd1.Unit";
constexpr const char* service_interface = "org.freedesktop.systemd1.Service";

struct CloseBus {
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
using Bus = std::unique_ptr<sd_bus, CloseBus>;

bool ends_as_unit(std::string_view name) {
  constexpr std::array<std::string_view, 8> types{".service", ".socket", ".timer", ".target",
                                                  ".mount",   ".path",   ".slice", ".scope"};
  for (const std::string_view type : types) {
    if (name.ends_with(type)) return true;
  }
  return false;
}

Error bus_error(int code, std::string_view words) {
  const ErrorKind kind = code == -ETIMEDOUT ? ErrorKind::timeout : ErrorKind::network;
  return {kind, fmt::format("systemd: {}", words.empty() ? std::strerror(-code) : words)};
}

// A connection to a systemd that hangs is accepted by the kernel and then waits for
// libsystemd's own 90 s: longer than a whole run.
int wait_until_ready(sd_bus* bus) {
  const auto end = Steady::now() + patience;
  while (sd_bus_is_ready(bus) == 0) {
    const int processed = sd_bus_process(bus, nullptr);
    if (processed < 0) return processed;
    if (processed > 0) continue;
    const auto left = std::chrono::duration_cast<microseconds>(end - Steady::now());
    if (left.count() <= 0) return -ETIMEDOUT;
    const int waited = sd_bus_wait(bus, static_cast<std::uint64_t>(left.count()));
    if (waited < 0 && waited != -EINTR) return waited;
  }
  return 0;
}

int open_private(Bus& bus) {
  sd_bus* raw = nullptr;
  int code = sd_bus_new(&raw);
  if (code < 0) return code;
  bus.reset(raw);
  code = sd_bus_set_address(raw, "unix:path=/run/systemd/private");
  return code < 0 ? code : sd_bus_start(raw);
}

int open_system(Bus& bus) {
  sd_bus* raw = nullptr;
  const int code = sd_bus_open_system(&raw);
  bus.reset(raw);
  return code;
}

Result<Bus> connect() {
  if (sd_booted() <= 0) return fail(ErrorKind::io, "this machine does not run systemd");
  Bus bus;
  int code = ::geteuid() == 0 ? open_private(bus) : -EACCES;
  if (code < 0) code = open_system(bus);
  if (code >= 0) code = wait_until_ready(bus.get());
  if (code >= 0) code = sd_bus_set_method_call_timeout(bus.get(), patience.count());
  if (code < 0) return std::unexpected(bus_error(code, {}));
  return bus;
}

// The value of a property within the answer that holds them all; one that nobody takes is skipped.
class PropertyValue {
 public:
  explicit PropertyValue(sd_bus_message* reply) : reply_(reply) {}

  void take(std::string& value) {
    const char* text = nullptr;
    if (take("s", &text) > 0) value = text;
  }
  void take(std::uint64_t& value) { take("t", &value); }
  void take(bool& value) {
    int number = 0;  // sd-bus reads a boolean into an int
    if (take("b", &number) > 0) value = number != 0;
  }
  void take_job(std::uint32_t& value) { take("(uo)", &value, nullptr); }
  int leave() { return taken_ ? code_ : sd_bus_message_skip(reply_, "v"); }

 private:
  template <class... Places>
  int take(const char* type, Places... places) {
    taken_ = true;
    code_ = sd_bus_message_enter_container(reply_, 'v', type);
    if (code_ >= 0) code_ = sd_bus_message_read(reply_, type, places...);
    const int read = code_;
    if (code_ >= 0) code_ = sd_bus_message_exit_container(reply_);
    return read;
  }

  sd_bus_message* reply_;
  bool taken_ = false;
  int code_ = 0;
};

// Reads one unit's properties; after the first failure the rest is left out.
class PropertyReader {
 public:
  PropertyReader(sd_bus* bus, const char* path) : bus_(bus), path_(path) {}
  PropertyReader(const PropertyReader&) = delete;
  PropertyReader& operator=(const PropertyReader&) = delete;
  ~PropertyReader() { sd_bus_error_free(&error_); }

  void read(const char* interface, const char* name, std::string& value) {
    char* text = nullptr;
    if (code_ < 0) return;
    code_ = sd_bus_get_property_string(bus_, manager, path_, interface, name, &error_, &text);
    if (code_ >= 0) value = text;
    std::free(text);
  }

  void read(const char* interface, const char* name, char type, void* value) {
    if (code_ < 0) return;
    code_ =
        sd_bus_get_property_trivial(bus_, manager, path_, interface, name, &error_, type, value);
  }

  // All of an interface in one answer: `take` is called with each name and its PropertyValue.
  template <class Take>
  void read_all(const char* interface, Take take) {
    sd_bus_message* reply = nullptr;
    if (code_ < 0) return;
    code_ = sd_bus_call_method(bus_, manager, path_, "org.freedesktop.DBus.Properties", "GetAll",
                               &error_, &reply, "s", interface);
    if (code_ >= 0) code_ = sd_bus_message_enter_container(reply, 'a', "{sv}");
    while (code_ >= 0) {
      const char* name = nullptr;
      code_ = sd_bus_message_enter_container(reply, 'e', "sv");
      if (code_ <= 0) break;
      code_ = sd_bus_message_read(reply, "s", &name);
      if (code_ < 0) break;
      PropertyValue value{reply};
      take(std::string_view{name}, value);
      code_ = value.leave();
      if (code_ >= 0) code_ = sd_bus_message_exit_container(reply);
    }
    sd_bus_message_unref(reply);
  }

  // "as", or "a(sb)" of which each text is taken.
  void read(const char* name, const char* type, std::vector<std::string>& values) {
    sd_bus_message* reply = nullptr;
    if (code_ < 0) return;
    code_ =
        sd_bus_get_property(bus_, manager, path_, service_interface, name, &error_, &reply, type);
    const std::string_view content{type + 1};
    if (code_ >= 0) code_ = sd_bus_message_enter_container(reply, 'a', type + 1);
    while (code_ >= 0) {
      const char* text = nullptr;
      code_ = content == "s" ? sd_bus_message_read(reply, "s", &text)
                             : sd_bus_message_read(reply, "(sb)", &text, nullptr);
      if (code_ <= 0) break;
      values.emplace_back(text);
    }
    sd_bus_message_unref(reply);
  }

  // The arguments of the last command, the program first.
  void read_command(const char* name, std::vector<std::string>& arguments) {
    constexpr const char* command = "sasbttttuii";
    sd_bus_message* reply = nullptr;
    if (code_ < 0) return;
    code_ = sd_bus_get_property(bus_, manager, path_, service_interface, name, &error_, &reply,
                                "a(sasbttttuii)");
    if (code_ >= 0) code_ = sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)");
    while (code_ >= 0) {
      code_ = sd_bus_message_enter_container(reply, 'r', command);
      if (code_ <= 0) break;
      char** texts = nullptr;
      code_ = sd_bus_message_skip(reply, "s");
      if (code_ >= 0) code_ = sd_bus_message_read_strv(reply, &texts);
      if (code_ >= 0) code_ = sd_bus_message_skip(reply, "bttttuii");
      if (code_ >= 0) code_ = sd_bus_message_exit_container(reply);
      arguments.clear();
      for (char** text = texts; text != nullptr && *text != nullptr; ++text) {
        arguments.emplace_back(*text);
        std::free(*text);
      }
      std::free(static_cast<void*>(texts));
    }
    sd_bus_message_unref(reply);
  }

  std::optional<Error> failure() const {
    if (code_ >= 0) return std::nullopt;
    return bus_error(code_, error_.message == nullptr ? "" : error_.message);
  }

 private:
  sd_bus* bus_;
  const char* path_;
  sd_bus_error error_{};
  int code_ = 0;
};

// In one answer: of one moment, and systemd loads a unit that does not exist for each question.
void read_unit(PropertyReader& reader, UnitState& state) {
  std::uint64_t started = 0;
  std::uint64_t active = 0;
  reader.read_all(unit_interface, [&](std::string_view name, PropertyValue& value) {
    if (name == "LoadState") value.take(state.load_state);
    if (name == "ActiveState") value.take(state.active_state);
    if (name == "SubState") value.take(state.sub_state);
    if (name == "UnitFileState") value.take(state.unit_file_state);
    if (name == "StateChangeTimestamp") value.take(state.since_usec);
    if (name == "InactiveExitTimestampMonotonic") value.take(started);
    if (name == "ActiveEnterTimestampMonotonic") value.take(active);
    if (name == "Job") value.take_job(state.job);
    if (name == "CanReload") value.take(state.can_reload);
  });
  state.was_active = active != 0 && active >= started;
}

void read_service(PropertyReader& reader, UnitState& state) {
  std::uint32_t main_pid = 0;
  reader.read(service_interface, "Result", state.result);
  reader.read(service_interface, "ReloadResult", state.reload_result);
  reader.read(service_interface, "ExecMainStatus", 'i', &state.exit_status);
  reader.read(service_interface, "NRestarts", 'u', &state.restarts);
  reader.read(service_interface, "MainPID", 'u', &main_pid);
  state.main_pid = static_cast<pid_t>(main_pid);
}

struct CloseJournal {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};

std::vector<std::string> journal_tail(const std::string& unit, std::size_t lines) {
  sd_journal* opened = nullptr;
  if (sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM) < 0) return {};
  const std::unique_ptr<sd_journal, CloseJournal> journal{opened};
  // What the unit's processes wrote, or what systemd wrote about it.
  const std::string by = "_SYSTEMD_UNIT=" + unit;
  const std::string about = "UNIT=" + unit;
  if (sd_journal_add_match(opened, by.data(), by.size()) < 0 ||
      sd_journal_add_disjunction(opened) < 0 ||
      sd_journal_add_match(opened, about.data(), about.size()) < 0 ||
      sd_journal_add_match(opened, "_PID=1", 0) < 0 || sd_journal_seek_tail(opened) < 0) {
    return {};
  }
  std::vector<std::string> found;
  while (found.size() < lines && sd_journal_previous(opened) > 0) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_journal_get_data(opened, "MESSAGE", &data, &size) < 0) continue;
    std::string_view field{static_cast<const char*>(data), size};
    field.remove_prefix(std::min(field.size(), std::string_view{"MESSAGE="}.size()));
    found.emplace_back(field);
  }
  std::ranges::reverse(found);
  return found;
}

std::string full_name(const std::string& unit) {
  return ends_as_unit(unit) ? unit : unit + ".service";
}

const char* method_of(UnitOrder order) {
  switch (order) {
    case UnitOrder::start:
      return "StartUnit";
    case UnitOrder::stop:
      return "StopUnit";
    case UnitOrder::restart:
      return "RestartUnit";
    case UnitOrder::reload:
      break;
  }
  return "ReloadUnit";
}

class BusSystemd final : public Systemd {
 public:
  Result<UnitState> unit(const std::string& name) override {
    const std::string unit = full_name(name);
    return ask<UnitState>(unit, [&](PropertyReader& reader, UnitState& state) {
      read_unit(reader, state);
      const bool known = state.load_state != "not-found" || state.active_state != "inactive";
      if (known && unit.ends_with(".service")) read_service(reader, state);
    });
  }

  Result<UnitSettings> settings(const std::string& name) override {
    return ask<UnitSettings>(full_name(name), [](PropertyReader& reader, UnitSettings& settings) {
      reader.read(service_interface, "Type", settings.type);
      reader.read(service_interface, "User", settings.user);
      reader.read_command("ExecStart", settings.start_command);
      reader.read("Environment", "as", settings.environment);
      reader.read("EnvironmentFiles", "a(sb)", settings.environment_files);
    });
  }

  Result<std::vector<std::string>> failed_units() override {
    if (hung_) return std::unexpected(*hung_);
    if (auto ready = connected(); !ready) return std::unexpected(ready.error());
    sd_bus_error error{};
    sd_bus_message* reply = nullptr;
    int code = sd_bus_call_method(bus_.get(), manager, manager_path, manager_interface,
                                  "ListUnitsFiltered", &error, &reply, "as", 1, "failed");
    std::vector<std::string> names;
    if (code >= 0) code = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
    while (code >= 0) {
      const char* name = nullptr;
      code = sd_bus_message_read(reply, "(ssssssouso)", &name, nullptr, nullptr, nullptr, nullptr,
                                 nullptr, nullptr, nullptr, nullptr, nullptr);
      if (code <= 0) break;
      names.emplace_back(name);
    }
    sd_bus_message_unref(reply);
    std::optional<Error> failure;
    if (code < 0) {
      failure = bus_error(code, error.message == nullptr ? "" : error.message);
      bus_.reset();
    }
    sd_bus_error_free(&error);
    if (failure) return std::unexpected(*failure);
    return names;
  }

  Result<void> order(UnitOrder order, const std::string& name) override {
    const std::string unit = full_name(name);
    if (auto ready = connected(); !ready) return ready;
    if (order == UnitOrder::start || order == UnitOrder::restart) {
      // Without a unit in memory there is nothing to forget: its error means nothing.
      sd_bus_call_method(bus_.get(), manager, manager_path, manager_interface, "ResetFailedUnit",
                         nullptr, nullptr, "s", unit.c_str());
    }
    sd_bus_error error{};
    const int code =
        sd_bus_call_method(bus_.get(), manager, manager_path, manager_interface, method_of(order),
                           &error, nullptr, "ss", unit.c_str(), "replace");
    Result<void> done;
    if (code < 0) {
      done = std::unexpected(bus_error(code, error.message == nullptr ? "" : error.message));
      bus_.reset();
    }
    sd_bus_error_free(&error);
    return done;
  }

  std::vector<std::string> log(const std::string& name, std::size_t lines) override {
    return journal_tail(full_name(name), lines);
  }

 private:
  Result<void> connected() {
    if (bus_) return {};
    auto bus = connect();
    if (!bus) return std::unexpected(bus.error());
    bus_ = std::move(*bus);
    return {};
  }

  // One that does not answer costs the patience once, not once a unit.
  template <class Answer, class Read>
  Result<Answer> ask(const std::string& unit, Read read) {
    if (hung_) return std::unexpected(*hung_);
    auto answer = ask_once<Answer>(unit, read);
    if (!answer) {
      bus_.reset();
      if (answer.error().kind == ErrorKind::timeout) hung_ = answer.error();
    }
    return answer;
  }

  template <class Answer, class Read>
  Result<Answer> ask_once(const std::string& unit, Read read) {
    if (auto ready = connected(); !ready) return std::unexpected(ready.error());
    // systemd loads a unit when its path is asked for: no LoadUnit call is needed.
    char* path = nullptr;
    const int code = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit.c_str(), &path);
    if (code < 0) return std::unexpected(bus_error(code, {}));
    const std::unique_ptr<char, decltype(&std::free)> owned{path, &std::free};
    PropertyReader reader{bus_.get(), path};
    Answer answer;
    read(reader, answer);
    if (auto failure = reader.failure()) return std::unexpected(*failure);
    return answer;
  }

  Bus bus_;
  std::optional<Error> hung_;
};

}  // namespace

std::unique_ptr<Systemd> make_systemd() { return std::make_unique<BusSystemd>(); }

}  // namespace lectio
