#include <gtest/gtest.h>

#include <optional>

#include "deep_check/database_load.hpp"

namespace lectio {
namespace {

using Pair = std::pair<Outcome, std::string>;

Pair in_short(const Finding& finding) { return {finding.outcome, finding.code}; }

Pair of(DatabaseState state) {
  return in_short(judge_database(Result<DatabaseState>{std::move(state)}, DatabaseLimits{}));
}

TEST(DatabaseLoad, IsJudgedByConnectionsSizeAndDamage) {
  EXPECT_EQ(of({.bytes = 2000ULL << 20U, .connections = 77, .most_connections = 97}),
            Pair(Outcome::good, "database_well"));
  EXPECT_EQ(of({.connections = 78, .most_connections = 97}),
            Pair(Outcome::warning, "database_connections"));
  EXPECT_EQ(of({.connections = 93, .most_connections = 97}),
            Pair(Outcome::critical, "database_connections"));
  EXPECT_EQ(of({.bytes = 2001ULL << 20U}), Pair(Outcome::warning, "database_large"));
  EXPECT_EQ(of({.damage = "row 7 missing from index"}),
            Pair(Outcome::critical, "database_damaged"));
}

TEST(DatabaseLoad, OfASiteThatCannotBeAskedIsNotKnown) {
  const auto of_report = [](const Result<SiteReport>& report) {
    return std::pair{in_short(judge_database(report, DatabaseLimits{})),
                     in_short(judge_migrations(report))};
  };
  const Pair unknown{Outcome::unknown, "database_unknown"};
  const Pair no_word{Outcome::warning, "migrations_unknown"};
  EXPECT_EQ(of_report(fail(ErrorKind::io, "no python")), std::pair(unknown, no_word));
  EXPECT_EQ(of_report(SiteReport{.code = "deploy_import_failed"}), std::pair(unknown, no_word));
  EXPECT_EQ(of_report(SiteReport{.code = "deploy_check_failed"}), std::pair(unknown, no_word));
  EXPECT_EQ(of_report(SiteReport{.code = "deploy_database_away"}),
            std::pair(Pair(Outcome::critical, "database_away"), no_word));
  EXPECT_EQ(
      of_report(SiteReport{.state = {.bytes = 1}}),
      std::pair(Pair(Outcome::good, "database_well"), Pair(Outcome::good, "migrations_none")));
}

TEST(DatabaseLoad, BrokenMigrationsSayNothingOfTheDatabase) {
  const Result<SiteReport> report = SiteReport{.code = "deploy_migrations_broken",
                                               .reason = "SyntaxError: invalid syntax",
                                               .state = {.connections = 9, .most_connections = 9}};
  EXPECT_EQ(in_short(judge_database(report, DatabaseLimits{})),
            Pair(Outcome::critical, "database_connections"));
  const Finding migrations = judge_migrations(report);
  EXPECT_EQ(in_short(migrations), Pair(Outcome::warning, "migrations_unknown"));
  EXPECT_EQ(to_text(*migrations.facts.find("reason")), "SyntaxError: invalid syntax");
}

TEST(DatabaseLoad, ThatIsTooLargeToBeLookedThroughSaysSo) {
  const Finding finding = judge_database(
      Result<DatabaseState>{DatabaseState{.bytes = 1, .integrity_limit_mb = 200}}, {});
  EXPECT_EQ(in_short(finding), Pair(Outcome::good, "database_well"));
  EXPECT_EQ(to_text(*finding.facts.find("integrity_limit_mb")), "200");
}

TEST(DatabaseLoad, TheSitesOwnCodeKnowsWhetherItIsAway) {
  using Asked = std::optional<Result<DatabaseState>>;
  const auto both = [](const Asked& asked, const Result<SiteReport>& report) {
    return in_short(judge_database(asked, report, DatabaseLimits{}));
  };
  const Result<SiteReport> well = SiteReport{.state = {.bytes = 1}};
  const Result<SiteReport> silent = fail(ErrorKind::io, "no python");
  const Result<SiteReport> away = SiteReport{.code = "deploy_database_away"};
  const Asked refused = Result<DatabaseState>{fail(ErrorKind::auth, "28P01")};
  const Asked gone = Result<DatabaseState>{fail(ErrorKind::io, "Connection refused")};
  const Asked full = Result<DatabaseState>{DatabaseState{.connections = 9, .most_connections = 9}};
  EXPECT_EQ(both(std::nullopt, silent), Pair(Outcome::unknown, "database_unknown"));
  EXPECT_EQ(both(refused, silent), Pair(Outcome::unknown, "database_unknown"));
  EXPECT_EQ(both(refused, well), Pair(Outcome::good, "database_well"));
  EXPECT_EQ(both(refused, away), Pair(Outcome::critical, "database_away"));
  EXPECT_EQ(both(gone, silent), Pair(Outcome::critical, "database_away"));
  EXPECT_EQ(both(gone, well), Pair(Outcome::good, "database_well"));
  EXPECT_EQ(both(full, well), Pair(Outcome::critical, "database_connections"));
}

TEST(Migrations, AreNamedUpToFive) {
  const Finding finding =
      judge_migrations(SiteReport{.pending = {"a.1", "a.2", "a.3", "b.1", "b.2", "b.3"}});
  EXPECT_EQ(in_short(finding), Pair(Outcome::warning, "migrations_pending"));
  EXPECT_EQ(to_text(*finding.facts.find("count")), "6");
  EXPECT_EQ(to_text(*finding.facts.find("names")), "a.1, a.2, a.3, b.1, b.2");
}

}  // namespace
}  // namespace lectio
