#include "alert/message.hpp"

#include <fmt/format.h>

#include "alert/incident_text.hpp"
#include "alert/single_text.hpp"

namespace lectio {
namespace {

NoticeKind kind_of(EventKind kind) {
  switch (kind) {
    case EventKind::opened:
      return NoticeKind::open;
    case EventKind::changed:
    case EventKind::merged:
    case EventKind::repeated:
      return NoticeKind::edit;
    case EventKind::raised:
    case EventKind::reminder:
    case EventKind::again:
    case EventKind::new_cause:
    case EventKind::settled:
      return NoticeKind::reply;
    case EventKind::closed:
      return NoticeKind::close;
    case EventKind::fact:
    case EventKind::mute_ended:
    case EventKind::muted_by_config:
    case EventKind::proof_of_life:
      return NoticeKind::single;
  }
  return NoticeKind::single;
}

}  // namespace

Notice to_notice(const Event& event, const MessageStyle& style, const Now& now) {
  const Wording wording{style, now};
  Notice notice;
  notice.sequence = event.sequence;
  notice.kind = kind_of(event.kind);
  notice.tier = event.tier;
  notice.loud = event.loud;
  notice.created = now.wall;
  if (event.message != 0) {
    notice.kind = event.kind == EventKind::fact ? NoticeKind::open : NoticeKind::edit;
    notice.incident = event.message;
    notice.live = single_text(event, wording);
    return notice;
  }
  if (notice.kind == NoticeKind::single) {
    notice.message = single_text(event, wording);
    return notice;
  }
  notice.incident = event.view.incident.id;
  notice.live = live_text(event, wording);
  notice.message = reply_text(event, wording);
  if (notice.kind == NoticeKind::close) notice.whole = whole_text(event, wording);
  return notice;
}

std::string incident_name(std::uint64_t incident) {
  // An odd factor maps the 65536 numbers one to one and tears neighbours apart.
  return fmt::format("{:04X}", incident * 0x9E37U & 0xFFFFU);
}

}  // namespace lectio
