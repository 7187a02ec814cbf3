#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <variant>

#include "base/utf8.hpp"
#include "report/report.hpp"

namespace lectio {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void string(Writer& writer, std::string_view text) { writer.String(valid_utf8(text)); }

void member(Writer& writer, const char* key, std::string_view text) {
  writer.Key(key);
  string(writer, text);
}

void member_if_any(Writer& writer, const char* key, std::string_view text) {
  if (!text.empty()) member(writer, key, text);
}

void milliseconds(Writer& writer, const char* key, Milliseconds value) {
  writer.Key(key);
  writer.Int64(value.count());
}

struct FactWriter {
  Writer& writer;
  void operator()(const std::string& text) const { string(writer, text); }
  void operator()(std::int64_t number) const { writer.Int64(number); }
  void operator()(bool flag) const { writer.Bool(flag); }
  void operator()(double number) const {
    if (std::isfinite(number)) {
      writer.Double(number);
    } else {
      writer.Null();  // JSON has no infinity
    }
  }
};

void check(Writer& writer, const ReportEntry& entry) {
  const Verdict& verdict = entry.verdict;
  writer.StartObject();
  member(writer, "id", verdict.id);
  member(writer, "status", to_string(verdict.status));
  member(writer, "severity", to_string(verdict.severity));
  member(writer, "summary", entry.summary);
  milliseconds(writer, "took_ms", verdict.took);
  if (verdict.status != Status::ok) member_if_any(writer, "cause", verdict.code);
  member_if_any(writer, "meaning", entry.meaning);
  member_if_any(writer, "action", entry.action);
  if (verdict.root != verdict.id) member_if_any(writer, "root", verdict.root);
  writer.Key("facts");
  writer.StartObject();
  for (const auto& [name, value] : verdict.facts) {
    string(writer, name);  // a key
    std::visit(FactWriter{writer}, value);
  }
  writer.EndObject();
  writer.EndObject();
}

// JSON leaves DEL and the C1 controls (0x80-0x9F, one of them starts an escape sequence)
// as they are, and this may be read on a terminal. In a JSON text they only occur inside
// strings, where \u says the same.
std::string escape_controls(std::string_view json) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string escaped;
  escaped.reserve(json.size() + 1);
  for (std::size_t i = 0; i < json.size(); ++i) {
    auto byte = static_cast<unsigned char>(json[i]);
    const bool c1 = byte == 0xC2U && static_cast<unsigned char>(json[i + 1]) < 0xA0U;
    if (c1) byte = static_cast<unsigned char>(json[++i]);
    if (c1 || byte == 0x7FU) {
      escaped += "\\u00";
      escaped += hex[byte >> 4U];
      escaped += hex[byte & 0xFU];
    } else {
      escaped += json[i];
    }
  }
  return escaped;
}

}  // namespace

std::string to_json(const Report& report) {
  rapidjson::StringBuffer buffer;
  Writer writer{buffer};
  writer.StartObject();
  writer.Key("schema");
  writer.Int(1);
  member(writer, "tool", report.tool);
  member(writer, "version", report.version);
  member(writer, "host", report.host);
  member(writer, "started", to_rfc3339(report.started));
  milliseconds(writer, "took_ms", report.took);
  member(writer, "status", to_string(report.status));
  writer.Key("checks");
  writer.StartArray();
  for (const ReportEntry& entry : report.entries) check(writer, entry);
  writer.EndArray();
  writer.Key("notes");
  writer.StartArray();
  for (const std::string& note : report.notes) string(writer, note);
  writer.EndArray();
  writer.EndObject();
  return escape_controls({buffer.GetString(), buffer.GetSize()}) + "\n";
}

}  // namespace lectio
