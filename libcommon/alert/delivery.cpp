#include "alert/delivery.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "alert/delivery_queue.hpp"
#include "io/file.hpp"

namespace lectio {
namespace {

constexpr Milliseconds between_tries{100};

// Empty optional: its holder outlasted our time.
Result<std::optional<Fd>> wait_for_lock(const std::string& path, Clock& clock,
                                        const Deadline& deadline) {
  while (true) {
    auto lock = try_lock(path);
    if (!lock || *lock || deadline.left() <= between_tries) return lock;
    clock.sleep(between_tries);
  }
}

void say_once(std::vector<std::string>& notes) {
  std::vector<std::string> kept;
  for (std::string& note : notes) {
    if (std::ranges::find(kept, note) == kept.end()) kept.push_back(std::move(note));
  }
  notes = std::move(kept);
}

// Until nothing is owed that was not tried, or the queue stops.
Result<void> send_all(const Outbox& outbox, const Committed& committed,
                      const std::vector<Notice>& known, DeliveryQueue& queue,
                      std::vector<std::string>& notes) {
  while (true) {
    auto waiting = outbox.waiting(committed(), notes, known);
    if (!waiting) return std::unexpected(waiting.error());
    const auto owed = queue.owed(std::move(*waiting));
    if (!owed) return std::unexpected(owed.error());
    if (owed->empty()) return {};
    std::vector<std::vector<Notice>> groups = by_incident(*owed);
    // A text that only grew can wait for what nobody has heard yet.
    std::ranges::stable_partition(groups, [](const std::vector<Notice>& group) {
      return std::ranges::any_of(
          group, [](const Notice& notice) { return notice.kind != NoticeKind::edit; });
    });
    for (const std::vector<Notice>& group : groups) {
      const auto goes_on = queue.send(group);
      if (!goes_on) return std::unexpected(goes_on.error());
      if (!*goes_on) return {};
    }
  }
}

// Of an incident's live texts only the newest is owed: an outage without Telegram fills no disk.
// Returns what is left.
Result<std::vector<Notice>> drop_superseded(const Outbox& outbox, std::uint64_t committed,
                                            std::vector<std::string>& notes) {
  auto waiting = outbox.waiting(committed, notes);
  if (!waiting) return waiting;
  for (const std::vector<Notice>& group : by_incident(*waiting)) {
    for (std::size_t i = 0; i + 1 < group.size(); ++i) {
      const bool followed =
          std::any_of(group.begin() + static_cast<std::ptrdiff_t>(i) + 1, group.end(),
                      [](const Notice& notice) { return !notice.live.empty(); });
      if (group[i].kind != NoticeKind::edit || !followed) continue;
      const std::uint64_t number = group[i].sequence;
      if (auto removed = outbox.remove(number); !removed) return std::unexpected(removed.error());
      std::erase_if(*waiting, [&](const Notice& notice) { return notice.sequence == number; });
    }
  }
  return waiting;
}

// Where that cannot be remembered a message is sent anew.
void adopt(const Outbox& other, const Outbox& outbox, Clock& clock,
           std::vector<std::string>& notes) {
  const auto adopted =
      adopt_live_messages(other.directory(), outbox.directory(), moment_of(clock), notes);
  if (!adopted) notes.push_back(adopted.error().message);
}

int count(const std::vector<std::uint64_t>& numbers, std::uint64_t committed) {
  return static_cast<int>(std::ranges::upper_bound(numbers, committed) - numbers.begin());
}

Result<void> work(const Outbox& outbox, const Committed& committed, std::uint64_t last,
                  const DeliverySettings& settings, Http& http, Clock& clock,
                  const Deadline& deadline, DeliveryReport& report) {
  DeliveryMemory memory{.outbox = &outbox, .state = {}};
  auto state = load_delivery_state(outbox.directory(), moment_of(clock), report.notes);
  if (!state) return std::unexpected(state.error());
  memory.state = std::move(*state);
  DeliveryQueue queue{memory, settings, http, clock, deadline, report};
  const bool begins = queue.may_begin();
  // What could not be remembered would be sent again by every run.
  if (auto saved = save_delivery_state(outbox.directory(), memory.state); !saved) return saved;
  if (!begins && queue.rests()) {
    const auto numbers = outbox.numbers();
    if (!numbers) return std::unexpected(numbers.error());
    report.waiting = count(*numbers, last);
    return {};
  }
  auto waiting = drop_superseded(outbox, last, report.notes);
  if (!waiting) return std::unexpected(waiting.error());
  if (begins) {
    const std::vector<Notice> known = std::move(*waiting);
    if (auto sent = send_all(outbox, committed, known, queue, report.notes); !sent) return sent;
    waiting = outbox.waiting(committed(), report.notes, known);
    if (!waiting) return std::unexpected(waiting.error());
  }
  const auto owed = queue.owed(std::move(*waiting));
  if (!owed) return std::unexpected(owed.error());
  report.waiting = static_cast<int>(owed->size()) + queue.refused();
  return queue.fall_back(*owed, settings.fallback.after);
}

}  // namespace

Result<DeliveryReport> deliver(const Outbox& outbox, const Committed& committed,
                               const DeliverySettings& settings, Http& http, Clock& clock,
                               const Deadline& deadline, const std::optional<Outbox>& other) {
  DeliveryReport report;
  const auto numbers = outbox.numbers();
  if (!numbers) return std::unexpected(numbers.error());
  const std::uint64_t last = numbers->empty() ? 0 : committed();
  if (!numbers->empty() && numbers->front() <= last) {
    const Deadline end{clock, std::min(settings.budget, deadline.left())};
    const auto lock = wait_for_lock(outbox.directory() + "/delivery.lock", clock, end);
    if (!lock) return std::unexpected(lock.error());
    if (*lock) {
      if (other) adopt(*other, outbox, clock, report.notes);
      auto worked = work(outbox, committed, last, settings, http, clock, end, report);
      if (!worked) return std::unexpected(worked.error());
    } else {
      report.waiting = count(*numbers, last);
    }
  }
  const auto dead = outbox.dead_numbers();
  if (!dead) return std::unexpected(dead.error());
  report.dead = static_cast<int>(dead->size());
  say_once(report.notes);
  return report;
}

DeliveryReport deliver_now(const std::vector<Notice>& notices, const DeliverySettings& settings,
                           Http& http, Clock& clock, const Deadline& deadline) {
  DeliveryReport report;
  const Deadline end{clock, std::min(settings.budget, deadline.left())};
  DeliveryMemory memory;
  DeliveryQueue queue{memory, settings, http, clock, end, report};
  bool goes_on = queue.may_begin();
  std::vector<Notice> left;
  for (const std::vector<Notice>& group : by_incident(notices)) {
    if (goes_on) goes_on = queue.send(group).value_or(false);
    if (!goes_on) left.insert(left.end(), group.begin(), group.end());
  }
  if (const auto told = queue.fall_back(left, Milliseconds{0}); !told) {
    report.notes.push_back(told.error().message);
  }
  for (const Notice& notice : left) {
    ++(contains(memory.state.fallen, notice) ? report.sent : report.waiting);
  }
  say_once(report.notes);
  return report;
}

}  // namespace lectio
