// The words that all messages share: phrases of one language, told at one moment. What comes
// from strangers is one line and has been cut, so that no field crowds out the others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alert/book.hpp"
#include "alert/event.hpp"
#include "alert/letter.hpp"
#include "alert/message.hpp"
#include "base/facts.hpp"

namespace lectio {

// The sign in front of a title.
namespace mark {
inline constexpr std::string_view good = "🟢";
inline constexpr std::string_view flapping = "🔁";
inline constexpr std::string_view merged = "🔗";
inline constexpr std::string_view note = "ℹ️";
inline constexpr std::string_view muted = "🔕";
inline constexpr std::string_view unmuted = "🔔";
std::string_view of(Status status);
}  // namespace mark

class Wording {
 public:
  // `style` must outlive it.
  Wording(const MessageStyle& style, const Now& now) : style_(style), now_(now) {}

  // Text, not HTML yet.
  std::string phrase(std::string_view key, const Facts& values = {}) const;
  std::string title(const Problem& problem) const;
  std::string what(const Problem& problem) const;  // title and summary
  std::string name(std::string_view name) const;   // short: of a person, a check
  std::string site() const;
  std::string host() const;
  std::string deploy(const Incident& incident) const;
  std::string time(Tick tick) const;
  std::string span(Tick from, Tick to) const;
  std::string duration(Milliseconds duration) const;
  // "24 проверки": of NOUN_one, NOUN_few, NOUN_many.
  std::string counted(int count, std::string_view noun) const;
  // "A, B, C и ещё 9"; empty: none.
  std::string names(const std::vector<const Problem*>& problems) const;

  // HTML.
  std::string line(std::string_view key, const Facts& values = {}) const;
  std::string headline(std::string_view mark, const std::string& text) const;
  std::string fact(const Problem& problem) const;
  // Empty: there is none.
  std::string summary(const Problem& problem) const;  // line breaks kept
  std::string meaning(const Problem& problem) const;
  std::string action(const Problem& problem) const;
  std::string log(const Problem& problem, std::string_view heading = "log") const;  // lines
  std::string tool(const Problem& problem) const;
  std::string foot(const IncidentView& view) const;

  // A list that may leave out lines; `after` keeps its room.
  void list(Letter& letter, const std::vector<std::string>& lines, const Letter& after) const;

  const Now& now() const { return now_; }

 private:
  WallTime wall(Tick tick) const { return now_.wall - (now_.tick - tick); }

  const MessageStyle& style_;
  Now now_;
};

}  // namespace lectio
