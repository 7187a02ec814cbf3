#include "alert/book_keeping.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "alert/book_file.hpp"
#include "alert/outbox.hpp"
#include "base/stepping_clock.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class BookKeeping : public testing::Test {
 protected:
  BookKeeping() {
    std::string path = testing::TempDir() + "book_keeping.XXXXXX";
    root_ = ::mkdtemp(path.data());
    places_ = {root_ + "/state", root_ + "/run"};
  }
  ~BookKeeping() override { std::filesystem::remove_all(root_); }

  // One more proof of life in the book, and one notice.
  Result<void> change(const BookPlaces& places) {
    return change_book(
        places, clock_, "boot",
        [](Book book, const Now& now) {
          ++book.incidents_since_proof;
          Notice notice;
          notice.sequence = ++book.sequence;
          notice.created = now.wall;
          notice.message = std::to_string(book.incidents_since_proof);
          return BookChange{std::move(book), {std::move(notice)}, {}};
        },
        notes_);
  }
  Book book() {
    return read_book(places_, {clock_.wall(), clock_.boot(), "boot"}).value_or(Book{});
  }
  std::vector<std::string> owed(const std::string& directory) {
    std::vector<std::string> texts;
    const auto waiting = Outbox{directory + "/outbox"}.waiting(book().sequence, notes_);
    for (const Notice& notice : waiting.value_or(std::vector<Notice>{})) {
      texts.push_back(notice.message);
    }
    return texts;
  }

  std::string root_;
  BookPlaces places_;
  SteppingClock clock_;
  std::vector<std::string> notes_;
};

TEST_F(BookKeeping, KeepsWhatWasChangedAndWhatIsOwed) {
  ASSERT_TRUE(change(places_));
  ASSERT_TRUE(change(places_));
  EXPECT_EQ(book().incidents_since_proof, 2);
  EXPECT_EQ(book().saves, 3U) << "and once to begin it";
  EXPECT_THAT(owed(places_.directory), ElementsAre("1", "2"));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(BookKeeping, AQuietRunWritesNothing) {
  ASSERT_TRUE(change(places_));
  struct stat before{};
  ASSERT_EQ(::stat((places_.directory + "/book.json").c_str(), &before), 0);
  clock_.sleep(Milliseconds{60'000});
  ASSERT_TRUE(change_book(
      places_, clock_, "boot",
      [](Book book, const Now&) { return BookChange{std::move(book), {}, {}}; }, notes_));
  struct stat after{};
  ASSERT_EQ(::stat((places_.directory + "/book.json").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(BookKeeping, ANoticeOfARunThatDiedBeforeItSavedIsDecidedAnew) {
  ASSERT_TRUE(change(places_));
  Notice orphan;
  orphan.sequence = book().sequence + 1;
  orphan.message = "of a run that died";
  ASSERT_TRUE(Outbox{places_.directory + "/outbox"}.put(orphan));
  EXPECT_THAT(owed(places_.directory), ElementsAre("1"));
  ASSERT_TRUE(change(places_));
  EXPECT_THAT(owed(places_.directory), ElementsAre("1", "2"));
}

TEST_F(BookKeeping, ADamagedBookIsSetAsideAndTheNumbersGoOnBeyondIt) {
  ASSERT_TRUE(change(places_));
  const std::uint64_t before = book().sequence;
  std::ofstream{places_.directory + "/book.json"} << "{\"schema\":1,\"problems\":7}";
  clock_.sleep(Milliseconds{60'000});
  EXPECT_EQ(book().saves, 0U) << "who only reads it leaves it where it is";
  ASSERT_TRUE(change(places_));
  EXPECT_THAT(notes_, ElementsAre(HasSubstr("book.json.corrupt-")));
  EXPECT_GT(book().sequence, before + 1);
  EXPECT_THAT(owed(places_.directory), ElementsAre("1", "1")) << "the old notice is still owed";
}

TEST_F(BookKeeping, TheNewerOfTwoBooksCountsAndTheOtherGoes) {
  ASSERT_TRUE(change(places_));
  ASSERT_TRUE(change({places_.other, places_.directory, false}));
  EXPECT_EQ(book().incidents_since_proof, 2);
  PastIncident past;
  past.id = 7;
  ASSERT_TRUE(add_history(places_.other, {past}));
  ASSERT_TRUE(change(places_));
  EXPECT_EQ(book().incidents_since_proof, 3);
  EXPECT_FALSE(std::filesystem::exists(places_.other + "/book.json"));
  EXPECT_EQ(read_history(places_.directory).value_or(std::vector<PastIncident>{}).size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(places_.other + "/history.jsonl"));
}

TEST_F(BookKeeping, WhatCannotBeWrittenIsSaid) {
  const BookPlaces nowhere{"/proc/no/such/place", "", true};
  const auto changed = change(nowhere);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().kind, ErrorKind::io);
}

TEST_F(BookKeeping, TheHistoryKeepsTheNewestAndReadsTwiceWrittenOnesOnce) {
  ASSERT_TRUE(make_directory(places_.directory));
  PastIncident past;
  past.id = 7;
  past.cause = "диск";
  ASSERT_TRUE(add_history(places_.directory, {past}));
  ASSERT_TRUE(add_history(places_.directory, {past}));
  past.id = 8;
  ASSERT_TRUE(add_history(places_.directory, {past}));
  const auto read = read_history(places_.directory);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->back().id, 8U);
}

}  // namespace
}  // namespace lectio
