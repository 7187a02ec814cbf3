#include "alert/delivery_state.hpp"

#include <algorithm>

#include "io/file.hpp"
#include "io/json_fields.hpp"

namespace lectio {
namespace {

constexpr std::size_t most_live = 200;

std::string path_of(const std::string& outbox) { return outbox + "/delivery.json"; }

void not_after(Moment& moment, const Moment& now) {
  moment.wall = std::min(moment.wall, now.wall);
  moment.boot = std::min(moment.boot, now.boot);
}

}  // namespace

template <class Fields>
void describe(Fields& fields, Moment& moment) {
  fields("wall_ms", moment.wall);
  fields("boot_ms", moment.boot);
}

template <class Fields>
void describe(Fields& fields, NoticeKey& key) {
  fields("sequence", key.sequence);
  fields("created_ms", key.created_ms);
}

template <class Fields>
void describe(Fields& fields, LiveMessage& message) {
  fields("incident", message.incident);
  fields("chat", message.chat);
  fields("message", message.message);
  fields("topic", message.topic);
  fields("shown", message.shown);
}

template <class Fields>
void describe(Fields& fields, Hold& hold) {
  fields("from", hold.from);
  fields("wait_ms", hold.wait);
  fields("reason", hold.reason);
  fields("asked", hold.asked);
}

template <class Fields>
void describe(Fields& fields, DeliveryState& state) {
  fields("live", state.live);
  fields("moved", state.moved);
  fields("done", state.done);
  fields("fallen", state.fallen);
  fields("last_call", state.last_call);
  fields("hold", state.hold);
  fields("failing_since", state.failing_since);
  fields("refused", state.refused);
  fields("back_off_ms", state.back_off);
}

Moment moment_of(Clock& clock) { return {.wall = clock.wall(), .boot = clock.boot()}; }

Milliseconds since(const Moment& moment, const Moment& now) {
  const auto by_wall = std::chrono::floor<Milliseconds>(now.wall - moment.wall);
  const auto by_boot = std::chrono::floor<Milliseconds>(now.boot - moment.boot);
  return std::max({by_wall, by_boot, Milliseconds{0}});
}

NoticeKey key_of(const Notice& notice) {
  const auto created = std::chrono::floor<Milliseconds>(notice.created.time_since_epoch());
  return {notice.sequence, created.count()};
}

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
  auto state = parse_json_fields<DeliveryState>(**text);
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

Result<void> adopt_live_messages(const std::string& from, const std::string& to, const Moment& now,
                                 std::vector<std::string>& notes) {
  const auto theirs = load_delivery_state(from, now, notes);
  if (!theirs) return std::unexpected(theirs.error());
  auto ours = load_delivery_state(to, now, notes);
  if (!ours) return std::unexpected(ours.error());
  const std::size_t known = ours->live.size();
  for (const LiveMessage& message : theirs->live) {
    if (std::ranges::find(ours->live, message.incident, &LiveMessage::incident) ==
        ours->live.end()) {
      ours->remember(message);
    }
  }
  if (ours->live.size() == known) return {};
  return save_delivery_state(to, *ours);
}

Result<void> save_delivery_state(const std::string& outbox, const DeliveryState& state) {
  return write_file_atomically(path_of(outbox), to_json_fields(state) + "\n", 0600);
}

}  // namespace lectio
