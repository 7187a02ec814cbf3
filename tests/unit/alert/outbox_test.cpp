#include "alert/outbox.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>

#include "io/file.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

Notice notice(std::uint64_t sequence) {
  return {.sequence = sequence,
          .incident = 7,
          .kind = NoticeKind::close,
          .tier = Tier::critical,
          .loud = true,
          .created = WallTime{Milliseconds{1'790'000'000'123}},
          .live = "🟢 <b>жив</b>",
          .message = "снова \"работает\"",
          .whole = "было\nпрошло"};
}

class OutboxTest : public testing::Test {
 protected:
  ~OutboxTest() override { std::filesystem::remove_all(directory_); }

  void put(std::uint64_t sequence) {
    const auto done = outbox_.put(notice(sequence));
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  std::vector<std::uint64_t> waiting(std::uint64_t committed = 1000) {
    const auto found = outbox_.waiting(committed, notes_);
    EXPECT_TRUE(found.has_value()) << found.error().message;
    std::vector<std::uint64_t> numbers;
    for (const Notice& one : found.value_or(std::vector<Notice>{})) numbers.push_back(one.sequence);
    return numbers;
  }
  void write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(write_file_atomically(directory_ + "/outbox/" + name, content, 0600));
  }

  static std::string make_temporary() {
    std::string path = testing::TempDir() + "outbox.XXXXXX";
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    return path;
  }

  std::string directory_ = make_temporary();
  Outbox outbox_{directory_ + "/outbox"};
  std::vector<std::string> notes_;
};

TEST_F(OutboxTest, NothingWaitsWhereNothingWasPut) {
  EXPECT_THAT(waiting(), IsEmpty());
  EXPECT_THAT(*outbox_.dead(), IsEmpty());
}

TEST_F(OutboxTest, ANoticeComesBackAsItWasPut) {
  put(3);
  const auto found = outbox_.waiting(3, notes_);
  ASSERT_TRUE(found && found->size() == 1);
  const Notice& back = found->front();
  const Notice was = notice(3);
  EXPECT_EQ(back.sequence, was.sequence);
  EXPECT_EQ(back.incident, was.incident);
  EXPECT_EQ(back.kind, was.kind);
  EXPECT_EQ(back.tier, was.tier);
  EXPECT_EQ(back.loud, was.loud);
  EXPECT_EQ(back.created, was.created);
  EXPECT_EQ(back.live, was.live);
  EXPECT_EQ(back.message, was.message);
  EXPECT_EQ(back.whole, was.whole);
}

TEST_F(OutboxTest, NumbersGiveTheOrderAlsoBeyondTenDigits) {
  for (const std::uint64_t number : {10'000'000'000U, 2UL, 10UL, 1UL}) put(number);
  EXPECT_THAT(waiting(20'000'000'000), ElementsAre(1, 2, 10, 10'000'000'000));
}

TEST_F(OutboxTest, WhatIsNotCommittedDoesNotWaitYet) {
  put(1);
  put(2);
  EXPECT_THAT(waiting(1), ElementsAre(1));
  EXPECT_THAT(waiting(2), ElementsAre(1, 2));
}

TEST_F(OutboxTest, TheSameNumberReplaces) {
  put(1);
  Notice other = notice(1);
  other.live = "anew";
  ASSERT_TRUE(outbox_.put(other));
  EXPECT_THAT(*outbox_.waiting(1, notes_), ElementsAre(Field(&Notice::live, "anew")));
}

TEST_F(OutboxTest, WhatIsKnownIsNotReadAgain) {
  for (const std::uint64_t number : {1U, 2U, 3U}) put(number);
  const auto known = outbox_.waiting(3, notes_);
  ASSERT_TRUE(known);
  ASSERT_TRUE(outbox_.remove(1));
  write("0000000002.json", "{");
  put(4);
  const auto found = outbox_.waiting(4, notes_, *known);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, ElementsAre(Field(&Notice::sequence, 2), Field(&Notice::sequence, 3),
                                  Field(&Notice::sequence, 4)));
  EXPECT_EQ(found->front().live, notice(2).live);
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(OutboxTest, DamageIsSetAsideAndTold) {
  put(1);
  for (
      const std::string damage :
      {"", "{\"sequence\":2", "[]", "{}", R"({"sequence":3,"incident":1,"kind":"open"})",
       R"({"sequence":2,"incident":1,"kind":"shout","tier":"info","loud":true,"created_ms":1})",
       R"({"sequence":2,"incident":1,"kind":"open","tier":"info","loud":1,"created_ms":1})",
       R"({"sequence":2,"incident":1,"kind":"open","tier":"info","loud":true,"created_ms":-1})",
       R"({"sequence":2,"incident":1,"kind":"open","tier":"info","loud":true,"created_ms":1,"live":7})"}) {
    notes_.clear();
    write("0000000002.json", damage);
    EXPECT_THAT(waiting(), ElementsAre(1)) << damage;
    ASSERT_THAT(notes_, SizeIs(1)) << damage;
    EXPECT_THAT(notes_[0],
                MatchesRegex(".*0000000002.json was damaged: kept as .*.corrupt-[0-9]+"));
  }
}

TEST_F(OutboxTest, OneThatCannotBeReadStaysAndHoldsUpNobody) {
  put(1);
  std::filesystem::create_directory(directory_ + "/outbox/0000000002.json");
  put(3);
  EXPECT_THAT(waiting(), ElementsAre(1, 3));
  EXPECT_THAT(notes_, SizeIs(1));
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/outbox/0000000002.json"));
}

TEST_F(OutboxTest, OtherFilesAreNoNotices) {
  put(1);
  write("delivery.json", "{}");
  write("0000000002.json.XyZabc", "half");
  write("1x.json", "{}");
  EXPECT_THAT(waiting(), ElementsAre(1));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(OutboxTest, RemovingTwiceIsNoError) {
  put(1);
  EXPECT_TRUE(outbox_.remove(1));
  EXPECT_TRUE(outbox_.remove(1));
  EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(OutboxTest, TheDeadKeepTheirReason) {
  put(1);
  ASSERT_TRUE(outbox_.bury(notice(1), "403 Forbidden"));
  EXPECT_THAT(waiting(), IsEmpty());
  const auto dead = outbox_.dead();
  ASSERT_TRUE(dead && dead->size() == 1);
  EXPECT_EQ(dead->front().reason, "403 Forbidden");
  EXPECT_EQ(dead->front().notice.whole, notice(1).whole);
}

TEST_F(OutboxTest, TheNewestHundredDeadAreKept) {
  for (std::uint64_t number = 1; number <= 103; ++number) {
    ASSERT_TRUE(outbox_.bury(notice(number), "no"));
  }
  const auto dead = outbox_.dead();
  ASSERT_TRUE(dead && dead->size() == 100);
  EXPECT_EQ(dead->front().notice.sequence, 4U);
  EXPECT_EQ(dead->back().notice.sequence, 103U);
}

TEST_F(OutboxTest, IsNobodyElsesBusiness) {
  put(1);
  struct stat status{};
  ASSERT_EQ(::stat((directory_ + "/outbox").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  ASSERT_EQ(::stat((directory_ + "/outbox/0000000001.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

}  // namespace
}  // namespace lectio
