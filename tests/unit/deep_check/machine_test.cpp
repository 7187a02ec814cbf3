#include "deep_check/machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deep_check/certificate.hpp"

namespace lectio {
namespace {

using std::chrono::hours;
using Pair = std::pair<Outcome, std::string>;

Pair in_short(const Finding& finding) { return {finding.outcome, finding.code}; }

TEST(Swap, IsJudgedByWhatIsInUse) {
  const auto of = [](std::uint64_t used_mb, std::uint64_t total_mb = 2048) {
    return in_short(judge_swap(
        MemoryInfo{.swap_total = total_mb << 20U, .swap_free = (total_mb - used_mb) << 20U}, {}));
  };
  EXPECT_EQ(of(0, 0), Pair(Outcome::good, "swap_none"));
  EXPECT_EQ(of(512), Pair(Outcome::good, "swap_little"));
  EXPECT_EQ(of(513), Pair(Outcome::warning, "swap_much"));
  EXPECT_EQ(of(1025), Pair(Outcome::critical, "swap_much"));
  EXPECT_EQ(judge_swap(fail(ErrorKind::io, "x"), {}).outcome, Outcome::unknown);
}

TEST(Oom, IsWhatWasKilledSinceTheRunBefore) {
  const auto of = [](const Result<std::uint64_t>& kills, std::optional<std::uint64_t> before) {
    return judge_oom(kills, before, [] { return std::vector<std::string>{"gunicorn", "redis"}; });
  };
  EXPECT_EQ(in_short(of(5, {})), Pair(Outcome::good, "oom_none")) << "before anybody looked";
  EXPECT_EQ(in_short(of(5, 5)), Pair(Outcome::good, "oom_none"));
  const Finding finding = of(7, 5);
  EXPECT_EQ(in_short(finding), Pair(Outcome::warning, "oom_killed"));
  EXPECT_EQ(to_text(*finding.facts.find("count")), "2");
  EXPECT_EQ(to_text(*finding.facts.find("victims")), "gunicorn, redis");
  EXPECT_EQ(in_short(of(fail(ErrorKind::io, "x"), 5)), Pair(Outcome::unknown, "oom_unreadable"));
}

TEST(Oom, NamesTheVictimsAsTheKernelDoes) {
  EXPECT_THAT(
      victims_named_in(
          "Out of memory: Killed process 812 (gunicorn) total-vm:812344kB, anon-rss:601232kB\n"
          "Memory cgroup out of memory: Killed process 9 (node serve) total-vm:1kB\n"
          "oom_reaper: reaped process 812 (gunicorn), now anon-rss:0kB\n"
          "Killed process without a name\n"),
      testing::ElementsAre("gunicorn", "node serve"));
  EXPECT_THAT(victims_named_in(""), testing::IsEmpty());
}

TEST(RestartsOfUnits, AreTheirAutomaticOnesSinceTheRunBefore) {
  const Pair none{Outcome::good, "restarts_none"};
  EXPECT_EQ(in_short(judge_restarts({{"a", 5}}, {})), none);
  EXPECT_EQ(in_short(judge_restarts({{"a", 5}}, Restarts{{"a", 5}})), none);
  EXPECT_EQ(in_short(judge_restarts({{"a", 5}}, Restarts{{"b", 5}})), none) << "watched since now";
  EXPECT_EQ(in_short(judge_restarts({{"a", 0}}, Restarts{{"a", 5}})), none) << "by hand";
  const Finding finding =
      judge_restarts({{"a", 7}, {"b", 1}, {"c", 2}}, Restarts{{"a", 5}, {"b", 4}, {"c", 2}});
  EXPECT_EQ(in_short(finding), Pair(Outcome::warning, "restarts_some"));
  EXPECT_EQ(to_text(*finding.facts.find("units")), "a ×2, b ×1");
}

TEST(FailedUnits, AreThoseThatNoOtherCheckWatches) {
  EXPECT_EQ(
      judge_failed_units(std::vector<std::string>{"nginx.service", "redis"}, {"nginx", "redis"})
          .outcome,
      Outcome::good);
  const Finding finding = judge_failed_units(
      std::vector<std::string>{"a.timer", "b", "c", "d", "e", "f", "nginx.service"}, {"nginx"});
  EXPECT_EQ(in_short(finding), Pair(Outcome::warning, "units_failed"));
  EXPECT_EQ(to_text(*finding.facts.find("units")), "a.timer, b, c, d, e");
  EXPECT_EQ(to_text(*finding.facts.find("count")), "6");
  EXPECT_EQ(in_short(judge_failed_units(fail(ErrorKind::timeout, "hangs"), {})),
            Pair(Outcome::unknown, "units_unknown"));
}

TEST(Clock, IsJudgedByHowFarItIsOffThenByWhoKeepsIt) {
  const auto of = [](bool kept, std::optional<int> seconds) {
    TimeSync clock{.is_synchronised = kept, .offset = std::nullopt};
    if (seconds) clock.offset = std::chrono::seconds{*seconds};
    return in_short(judge_clock(clock, {}));
  };
  EXPECT_EQ(of(true, std::nullopt), Pair(Outcome::good, "clock_synchronised"));
  EXPECT_EQ(of(true, -3), Pair(Outcome::good, "clock_synchronised"));
  EXPECT_EQ(of(false, 1), Pair(Outcome::warning, "clock_adrift"));
  EXPECT_EQ(of(true, -4), Pair(Outcome::warning, "clock_wrong"));
  EXPECT_EQ(of(false, 31), Pair(Outcome::critical, "clock_wrong"));
  EXPECT_EQ(in_short(judge_clock(fail(ErrorKind::io, "x"), {})),
            Pair(Outcome::unknown, "clock_unreadable"));
}

CertificateAnswer chain(hours leaf, hours issuer = hours{24 * 300}) {
  CertificateAnswer answer;
  answer.chain.certificates = {
      {.subject = "site", .issuer = "R3", .not_after = WallTime{leaf}, .fingerprint = "aa"},
      {.subject = "R3", .issuer = "root", .not_after = WallTime{issuer}, .fingerprint = "bb"}};
  return answer;
}

TEST(CertificateTest, TheSoonestEndOfTheChainCounts) {
  const auto of = [](const CertificateAnswer& answer) {
    return in_short(judge_certificate(answer, WallTime{}, {}));
  };
  EXPECT_EQ(of(chain(hours{24 * 14})), Pair(Outcome::good, "certificate_valid"));
  EXPECT_EQ(of(chain(hours{24 * 14 - 1})), Pair(Outcome::warning, "certificate_ending"));
  EXPECT_EQ(of(chain(hours{24 * 7 - 1})), Pair(Outcome::critical, "certificate_ending"));
  const Finding finding = judge_certificate(chain(hours{24 * 90}, hours{24 * 3}), WallTime{}, {});
  EXPECT_EQ(in_short(finding), Pair(Outcome::critical, "certificate_ending"));
  EXPECT_EQ(to_text(*finding.facts.find("subject")), "R3");
  EXPECT_EQ(to_text(*finding.facts.find("ends")), "1970-01-04");
}

TEST(CertificateTest, IsMeasuredAlsoWhenNobodyTrustsIt) {
  CertificateAnswer answer = chain(hours{-25});
  answer.chain.distrust = HttpError::tls_expired;
  const Finding finding = judge_certificate(answer, WallTime{}, {});
  EXPECT_EQ(in_short(finding), Pair(Outcome::bad, "tls_expired"));
  EXPECT_EQ(to_text(*finding.facts.find("days")), "-2");
  answer.error = HttpError::refused;
  EXPECT_EQ(in_short(judge_certificate(answer, WallTime{}, {})), Pair(Outcome::bad, "refused"));
  answer.error = HttpError::dns;
  EXPECT_EQ(in_short(judge_certificate(answer, WallTime{}, {})), Pair(Outcome::unknown, "dns"));
}

TEST(CertificateTest, OnTheDiskIsHeldAgainstTheOneServed) {
  const CertificateAnswer served = chain(hours{24});
  const auto of = [&](const Result<std::vector<Certificate>>& file, const CertificateAnswer& seen) {
    return in_short(judge_certificate_on_disk(file, seen, "/x"));
  };
  EXPECT_EQ(of(served.chain.certificates, served), Pair(Outcome::good, "certificate_served"));
  EXPECT_EQ(of(std::vector{served.chain.certificates[1]}, served),
            Pair(Outcome::warning, "certificate_not_served"));
  EXPECT_EQ(of(fail(ErrorKind::io, "x"), served), Pair(Outcome::unknown, "certificate_unreadable"));
  CertificateAnswer none = served;
  none.error = HttpError::refused;
  EXPECT_EQ(of(served.chain.certificates, none), Pair(Outcome::skipped, "certificate_not_seen"));
}

}  // namespace
}  // namespace lectio
