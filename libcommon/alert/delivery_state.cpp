#include "alert/delivery_state.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "io/file.hpp"
#include "io/json.hpp"

namespace lectio {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::size_t most_live = 200;
// A time or duration beyond any we write is damage.
constexpr std::int64_t most_ms = 100'000'000'000'000;

std::string path_of(const std::string& outbox) { return outbox + "/delivery.json"; }

std::int64_t to_ms(WallTime time) {
  return std::chrono::floor<Milliseconds>(time.time_since_epoch()).count();
}

void put(Writer& writer, const char* name, std::int64_t value) {
  writer.Key(name);
  writer.Int64(value);
}

void put(Writer& writer, const char* name, const std::string& value) {
  writer.Key(name);
  writer.String(value);
}

void put_instant(Writer& writer, const Moment& moment) {
  put(writer, "wall_ms", to_ms(moment.wall));
  put(writer, "boot_ms", std::chrono::floor<Milliseconds>(moment.boot).count());
}

void put(Writer& writer, const char* name, const std::optional<Moment>& moment) {
  if (!moment) return;
  writer.Key(name);
  writer.StartObject();
  put_instant(writer, *moment);
  writer.EndObject();
}

void put(Writer& writer, const char* name, const std::vector<NoticeKey>& keys) {
  writer.Key(name);
  writer.StartArray();
  for (const NoticeKey& key : keys) {
    writer.StartObject();
    writer.Key("sequence");
    writer.Uint64(key.sequence);
    put(writer, "created_ms", key.created_ms);
    writer.EndObject();
  }
  writer.EndArray();
}

std::string to_json(const DeliveryState& state) {
  rapidjson::StringBuffer buffer;
  Writer writer{buffer};
  writer.StartObject();
  put(writer, "schema", std::int64_t{1});
  writer.Key("live");
  writer.StartArray();
  for (const LiveMessage& message : state.live) {
    writer.StartObject();
    writer.Key("incident");
    writer.Uint64(message.incident);
    put(writer, "chat", message.chat);
    put(writer, "message", message.message);
    put(writer, "topic", message.topic);
    writer.Key("shown");
    writer.Uint64(message.shown);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("moved");
  writer.StartObject();
  for (const auto& [before, after] : state.moved) put(writer, before.c_str(), after);
  writer.EndObject();
  put(writer, "done", state.done);
  put(writer, "fallen", state.fallen);
  put(writer, "last_call", state.last_call);
  if (state.hold) {
    writer.Key("hold");
    writer.StartObject();
    put_instant(writer, state.hold->from);
    put(writer, "wait_ms", state.hold->wait.count());
    put(writer, "reason", state.hold->reason);
    writer.EndObject();
  }
  put(writer, "failing_since", state.failing_since);
  put(writer, "back_off_ms", state.back_off.count());
  writer.EndObject();
  return std::string{buffer.GetString(), buffer.GetSize()} + "\n";
}

// Reads on after a member that is missing or wrong, and remembers that.
class Reader {
 public:
  const JsonValue* member(const JsonValue& object, const char* name) {
    const auto found =
        object.IsObject() ? object.FindMember(name) : JsonValue::ConstMemberIterator{};
    if (!object.IsObject() || found == object.MemberEnd()) return nullptr;
    return &found->value;
  }
  std::int64_t number(const JsonValue& object, const char* name) {
    const JsonValue* const value = member(object, name);
    good_ = good_ && value != nullptr && value->IsInt64();
    return good_ ? value->GetInt64() : 0;
  }
  std::int64_t time(const JsonValue& object, const char* name) {
    const std::int64_t ms = number(object, name);
    good_ = good_ && ms >= 0 && ms <= most_ms;
    return good_ ? ms : 0;
  }
  std::uint64_t count(const JsonValue& object, const char* name) {
    const JsonValue* const value = member(object, name);
    good_ = good_ && value != nullptr && value->IsUint64();
    return good_ ? value->GetUint64() : 0;
  }
  std::string text(const JsonValue& value) {
    good_ = good_ && value.IsString();
    return good_ ? std::string{as_text(value)} : std::string{};
  }
  std::string text(const JsonValue& object, const char* name) {
    const JsonValue* const value = member(object, name);
    good_ = good_ && value != nullptr;
    return good_ ? text(*value) : std::string{};
  }
  Moment moment(const JsonValue& object) {
    return {.wall = WallTime{Milliseconds{time(object, "wall_ms")}},
            .boot = Milliseconds{time(object, "boot_ms")}};
  }
  std::optional<Moment> moment_if_any(const JsonValue& object, const char* name) {
    const JsonValue* const value = member(object, name);
    if (value == nullptr) return std::nullopt;
    return moment(*value);
  }
  void each(const JsonValue& object, const char* name, auto&& take) {
    const JsonValue* const list = member(object, name);
    good_ = good_ && list != nullptr && list->IsArray();
    if (!good_) return;
    for (const JsonValue& item : list->GetArray()) take(item);
  }
  std::vector<NoticeKey> keys(const JsonValue& object, const char* name) {
    std::vector<NoticeKey> found;
    each(object, name, [&](const JsonValue& item) {
      found.push_back({count(item, "sequence"), time(item, "created_ms")});
    });
    return found;
  }
  void require(bool condition) { good_ = good_ && condition; }
  bool good() const { return good_; }

 private:
  bool good_ = true;
};

std::optional<DeliveryState> parse(std::string_view text) {
  const auto json = parse_json(text);
  if (!json || !json->IsObject()) return std::nullopt;
  Reader reader;
  DeliveryState state;
  reader.each(*json, "live", [&](const JsonValue& item) {
    state.live.push_back({.incident = reader.count(item, "incident"),
                          .chat = reader.text(item, "chat"),
                          .message = reader.number(item, "message"),
                          .topic = reader.number(item, "topic"),
                          .shown = reader.count(item, "shown")});
  });
  const JsonValue* const moved = reader.member(*json, "moved");
  reader.require(moved != nullptr && moved->IsObject());
  if (reader.good()) {
    for (const auto& [before, after] : moved->GetObject()) {
      state.moved.emplace(as_text(before), reader.text(after));
    }
  }
  state.done = reader.keys(*json, "done");
  state.fallen = reader.keys(*json, "fallen");
  state.last_call = reader.moment_if_any(*json, "last_call");
  if (const JsonValue* const hold = reader.member(*json, "hold"); hold != nullptr) {
    state.hold = Hold{.from = reader.moment(*hold),
                      .wait = Milliseconds{reader.time(*hold, "wait_ms")},
                      .reason = reader.text(*hold, "reason")};
  }
  state.failing_since = reader.moment_if_any(*json, "failing_since");
  state.back_off = Milliseconds{reader.time(*json, "back_off_ms")};
  if (!reader.good()) return std::nullopt;
  return state;
}

void not_after(Moment& moment, const Moment& now) {
  moment.wall = std::min(moment.wall, now.wall);
  moment.boot = std::min(moment.boot, now.boot);
}

}  // namespace

Moment moment_of(Clock& clock) { return {.wall = clock.wall(), .boot = clock.boot()}; }

Milliseconds since(const Moment& moment, const Moment& now) {
  const auto by_wall = std::chrono::floor<Milliseconds>(now.wall - moment.wall);
  const auto by_boot = std::chrono::floor<Milliseconds>(now.boot - moment.boot);
  return std::max({by_wall, by_boot, Milliseconds{0}});
}

NoticeKey key_of(const Notice& notice) { return {notice.sequence, to_ms(notice.created)}; }

bool contains(const std::vector<NoticeKey>& keys, const Notice& notice) {
  return std::ranges::find(keys, key_of(notice)) != keys.end();
}

const LiveMessage* DeliveryState::find(std::uint64_t incident, std::string_view chat) const {
  const auto found = std::ranges::find(live, incident, &LiveMessage::incident);
  return found == live.end() || found->chat != chat || found->message == 0 ? nullptr : &*found;
}

void DeliveryState::remember(LiveMessage message) {
  std::erase_if(live, [&](const LiveMessage& old) { return old.incident == message.incident; });
  live.push_back(std::move(message));
  if (live.size() > most_live) live.erase(live.begin());
}

Result<DeliveryState> load_delivery_state(const std::string& outbox, const Moment& now,
                                          std::vector<std::string>& notes) {
  const std::string path = path_of(outbox);
  const auto text = read_file_if_any(path);
  if (!text) return std::unexpected(text.error());
  if (!*text) return DeliveryState{};
  auto state = parse(**text);
  if (!state) {
    const auto moved = set_aside(path);
    notes.push_back(moved ? *moved : moved.error().message);
    return DeliveryState{};
  }
  if (state->last_call) not_after(*state->last_call, now);
  if (state->failing_since) not_after(*state->failing_since, now);
  if (state->hold) not_after(state->hold->from, now);
  return std::move(*state);
}

Result<void> save_delivery_state(const std::string& outbox, const DeliveryState& state) {
  return write_file_atomically(path_of(outbox), to_json(state), 0600);
}

}  // namespace lectio
