#include "deploy_safe/announcement.hpp"

#include <fmt/format.h>

#include "alert/book_keeping.hpp"
#include "alert/html.hpp"
#include "alert/message.hpp"
#include "tool/alerting.hpp"

namespace lectio {
namespace {

constexpr std::size_t longest_line = 600;  // UTF-16 code units
constexpr std::size_t most_lines = 5;

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
  const auto change = [&](Book book, const Now& now) {
    if (incident_ == 0 && kind == NoticeKind::open) incident_ = ++book.last_incident;
    const bool loud = kind == NoticeKind::reply || kind == NoticeKind::single;
    Notice notice{.sequence = ++book.sequence,
                  .incident = incident_,
                  .kind = kind,
                  .tier = loud ? Tier::critical : Tier::info,
                  .loud = loud,
                  .created = now.wall};
    if (kind != NoticeKind::single) notice.live = html;
    if (loud) notice.message = html;
    return BookChange{std::move(book), {std::move(notice)}, {}};
  };
  const auto queued = change_book(book_places(act_.config), act_.clock,
                                  instant_now(act_.clock).boot_id, change, act_.notes);
  if (!queued) {
    act_.notes.push_back(queued.error().message);
    return;
  }
  Alerting alerting{act_.config, act_.http, act_.clock, act_.notes};
  const DeliveryReport report =
      alerting.deliver(Deadline{act_.clock, act_.config.seconds("ALERT_BUDGET")});
  if (!report.trouble.empty()) act_.notes.push_back(report.trouble);
}

}  // namespace lectio
