// Runs to be told, written as short as they are read.
#pragma once

#include <string>
#include <utility>

#include "report/report.hpp"

namespace lectio {

inline ReportEntry entry(std::string id, Status status, std::string title, std::string summary) {
  ReportEntry made;
  made.verdict.id = std::move(id);
  made.verdict.status = status;
  made.verdict.severity = Severity::critical;
  made.verdict.code = status == Status::ok ? "answer_ok" : "timeout";
  made.verdict.took = Milliseconds{12};
  made.title = std::move(title);
  made.summary = std::move(summary);
  return made;
}

inline ReportEntry skipped(std::string id, std::string title, std::string root) {
  ReportEntry made = entry(std::move(id), Status::skipped, std::move(title), "не проверялось");
  made.verdict.code = "needs";
  made.verdict.took = Milliseconds{0};
  made.verdict.root = std::move(root);
  return made;
}

// Started at 2026-11-24 03:10:36 UTC.
inline Report report_of(std::vector<ReportEntry> entries) {
  Report report;
  report.tool = "smoke_check";
  report.version = "0.1.0";
  report.host = "lectio-prod-1";
  report.started = WallTime{std::chrono::seconds{1795489836}};
  report.took = Milliseconds{513};
  for (const ReportEntry& made : entries) {
    report.status = worst(report.status, made.verdict.status);
  }
  report.entries = std::move(entries);
  return report;
}

// A login that is down, what hangs on it, and what does not.
inline Report one_root() {
  ReportEntry login = entry("teacher_login", Status::critical, "Вход учителя", "HTTP 500");
  login.meaning = "Учителя не могут войти.";
  login.action = "Посмотрите журнал: `journalctl -u teaching_panel -n 50`";
  ReportEntry student = entry("student_login", Status::critical, "Вход ученика", "HTTP 500");
  student.verdict.root = "teacher_login";
  return report_of({entry("frontend", Status::ok, "Главная страница", "HTTP 200"), login, student,
                    skipped("lessons", "Уроки", "teacher_login"),
                    skipped("groups", "Группы", "teacher_login")});
}

}  // namespace lectio
