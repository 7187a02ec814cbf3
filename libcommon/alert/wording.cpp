#include "alert/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "alert/catalogue.hpp"
#include "alert/html.hpp"

namespace lectio {
namespace {

// UTF-16 units of one field. One of each and the phrases around them fit a message.
constexpr std::size_t title_units = 150;
constexpr std::size_t summary_units = 700;
constexpr std::size_t meaning_units = 500;
constexpr std::size_t log_units = 600;
constexpr std::size_t log_bytes = 900;
constexpr std::size_t action_units = 800;
constexpr std::size_t name_units = 60;  // of a title in a list, of a host, a deploy
constexpr std::size_t tool_units = 40;
constexpr std::size_t what_units = 300;

constexpr std::size_t most_names = 5;
constexpr std::size_t most_tools = 6;

std::string field(std::string_view text, std::size_t units) {
  return cut_to_units(one_line(text), units);
}

// Russian needs three forms; in English the second and the third are the same.
std::string_view plural_form(int count, Lang lang) {
  if (lang == Lang::en) return count == 1 ? "one" : "many";
  const int last = count % 10;
  const int last_two = count % 100;
  if (last == 1 && last_two != 11) return "one";
  return last >= 2 && last <= 4 && (last_two < 12 || last_two > 14) ? "few" : "many";
}

// Each line tidied, empty ones left out.
std::string lines_of(std::string_view text, std::string_view between = "\n") {
  std::string lines;
  for (const auto part : text | std::views::split('\n')) {
    const std::string line = one_line(std::string_view{part.begin(), part.end()});
    if (!line.empty()) lines.append(lines.empty() ? "" : between).append(line);
  }
  return lines;
}

// As a part of a line: what were two lines are two sentences.
std::string sentences_of(std::string_view summary) {
  return cut_to_units(lines_of(summary, ". "), summary_units);
}

}  // namespace

std::string_view mark::of(Status status) {
  switch (status) {
    case Status::ok:
      return good;
    case Status::warning:
      return "🟠";
    case Status::critical:
      return "🔴";
    case Status::unknown:
    case Status::skipped:
      return "🟡";
  }
  return "🟡";
}

std::string Wording::phrase(std::string_view key, const Facts& values) const {
  return Catalogue::builtin().phrase(key, style_.lang, values);
}

std::string Wording::title(const Problem& problem) const {
  const std::string text = field(problem.texts.title, title_units);
  return text.empty() ? field(problem.id, title_units) : text;
}

std::string Wording::what(const Problem& problem) const {
  return cut_to_units(
      phrase(
          "what",
          Facts{}.set("title", title(problem)).set("summary", sentences_of(problem.texts.summary))),
      what_units);
}

std::string Wording::name(std::string_view name) const { return field(name, name_units); }
std::string Wording::site() const { return field(style_.site, name_units); }
std::string Wording::host() const { return field(style_.host, name_units); }
std::string Wording::deploy(const Incident& incident) const {
  return field(incident.deploy, name_units);
}

std::string Wording::time(Tick tick) const { return time_text(wall(tick), now_.wall, style_); }

std::string Wording::span(Tick from, Tick to) const {
  return span_text(wall(from), wall(to), now_.wall, style_);
}

std::string Wording::duration(Milliseconds duration) const {
  return duration_text(duration, style_.lang);
}

std::string Wording::counted(int count, std::string_view noun) const {
  return phrase(fmt::format("{}_{}", noun, plural_form(count, style_.lang)),
                Facts{}.set("count", count));
}

std::string Wording::names(const std::vector<const Problem*>& problems) const {
  const std::size_t shown = std::min(problems.size(), most_names);
  std::string names;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) names += ", ";
    names += cut_to_units(title(*problems[i]), name_units);
  }
  if (shown == problems.size()) return names;
  return phrase("names_more", Facts{}.set("names", names).set("count", problems.size() - shown));
}

std::string Wording::line(std::string_view key, const Facts& values) const {
  return escaped(phrase(key, values));
}

std::string Wording::headline(std::string_view mark, const std::string& text) const {
  const std::string whole = phrase("headline", Facts{}.set("site", site()).set("text", text));
  return fmt::format("{} <b>{}</b>", mark, escaped(whole, 0));
}

std::string Wording::fact(const Problem& problem) const {
  return line(
      "fact",
      Facts{}.set("title", title(problem)).set("summary", sentences_of(problem.texts.summary)));
}

std::string Wording::summary(const Problem& problem) const {
  return escaped(cut_to_units(lines_of(problem.texts.summary), summary_units));
}

std::string Wording::log(const Problem& problem, std::string_view heading) const {
  std::string lines = lines_of(problem.texts.log);
  // The last ones say why.
  while (lines.size() > log_bytes && lines.contains('\n')) lines.erase(0, lines.find('\n') + 1);
  return lines.empty() ? "" : phrase(heading) + "\n" + escaped(cut_to_units(lines, log_units), 0);
}

std::string Wording::meaning(const Problem& problem) const {
  const std::string text = field(problem.texts.meaning, meaning_units);
  return text.empty() ? "" : line("meaning", Facts{}.set("text", text));
}

std::string Wording::action(const Problem& problem) const {
  const std::string text = field(problem.texts.action, action_units);
  return text.empty() ? "" : line("action", Facts{}.set("text", text));
}

std::string Wording::tool(const Problem& problem) const {
  return escaped(field(problem.tool, tool_units), 0);
}

std::string Wording::foot(const IncidentView& view) const {
  std::string tools;
  for (std::size_t i = 0; i < std::min(view.tools.size(), most_tools); ++i) {
    if (i > 0) tools += ", ";
    tools += field(view.tools[i], tool_units);
  }
  return line("foot", Facts{}.set("tools", tools).set("incident", incident_name(view.incident.id)));
}

void Wording::list(Letter& letter, const std::vector<std::string>& lines,
                   const Letter& after) const {
  const auto more = [this](std::size_t left_out) {
    return line("more", Facts{}.set("count", left_out));
  };
  letter.list(lines, more, after);
}

}  // namespace lectio
