#include "deploy_safe/announcement.hpp"

#include <fmt/format.h>

#include "alert/book_keeping.hpp"
#include "alert/html.hpp"
#include "alert/message.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

constexpr std::size_t longest_line = 600;  // UTF-16 code units
constexpr std::size_t most_lines = 12;

std::string html_of(const std::string& title, const std::vector<std::string>& lines) {
  std::string html = fmt::format("<b>{}</b>", escaped(cut_to_units(title, longest_line), 0));
  for (std::size_t i = 0; i < lines.size() && i < most_lines; ++i) {
    html += "\n" + escaped(cut_to_units(lines[i], longest_line));
  }
  return html;
}

}  // namespace

void Announcement::show(const std::string& title, const std::vector<std::string>& lines) {
  queue(incident_ == 0 ? NoticeKind::open : NoticeKind::edit, html_of(title, lines));
}

void Announcement::fail(const std::string& title, const std::vector<std::string>& lines) {
  queue(incident_ == 0 ? NoticeKind::single : NoticeKind::reply, html_of(title, lines));
}

void Announcement::queue(NoticeKind kind, const std::string& html) {
  if (act_.config.text("ALERTS") == "off" || act_.dry_run == DryRun::on) return;
  std::uint64_t opened = incident_;
  Notice notice{.kind = kind, .loud = kind != NoticeKind::open && kind != NoticeKind::edit};
  notice.tier = notice.loud ? Tier::critical : Tier::info;
  if (kind != NoticeKind::single) notice.live = html;
  if (notice.loud) notice.message = html;
  const auto change = [&](Book book, const Now& now) {
    if (kind == NoticeKind::open) opened = ++book.last_incident;
    notice.sequence = ++book.sequence;
    notice.incident = opened;
    notice.created = now.wall;
    return BookChange{std::move(book), {notice}, {}};
  };
  const auto queued = change_book(book_places(act_.config), act_.clock,
                                  instant_now(act_.clock).boot_id, change, act_.notes);
  if (queued) {
    incident_ = opened;
    return;
  }
  act_.notes.push_back(queued.error().message);
  // Without a place to keep it: at once, if it is more than how things go.
  if (!notice.loud) return;
  notice.kind = NoticeKind::single;
  const Deadline deadline{act_.clock, act_.config.seconds("ALERT_BUDGET")};
  report(deliver_now({notice}, delivery_settings(act_.config), act_.http, act_.clock, deadline));
}

void Announcement::deliver() {
  if (act_.config.text("ALERTS") == "off" || act_.dry_run == DryRun::on) return;
  const Deadline deadline{act_.clock, act_.config.seconds("ALERT_BUDGET")};
  Alerting alerting{act_.config, act_.http, act_.clock, act_.notes};
  report(alerting.deliver(deadline));
}

void Announcement::report(const DeliveryReport& delivered) const {
  if (!delivered.trouble.empty()) act_.notes.push_back(delivered.trouble);
}

}  // namespace lectio
