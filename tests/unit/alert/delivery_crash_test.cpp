#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>
#include <utility>

#include "alert/delivery_fixture.hpp"
#include "io/system_clock.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using Taken = TelegramChat::Taken;

class CrashedDelivery : public DeliveryTest {
 protected:
  enum class End { lived, died };
  End run_or_die() {
    try {
      run();
      return End::lived;
    } catch (const Killed&) {
      return End::died;
    }
  }
  // From the next save on the memory cannot be written.
  void block_memory() {
    std::filesystem::rename(state_path(), directory_ + "/was.json");
    std::filesystem::create_directory(state_path());
  }
  void unblock_memory() {
    std::filesystem::remove(state_path());
    std::filesystem::rename(directory_ + "/was.json", state_path());
  }
};

TEST_F(CrashedDelivery, KilledBeforeTelegramTookItSendsItOnce) {
  put('o', 1);
  chat_.kill(Taken::no);
  EXPECT_EQ(run_or_die(), End::died);
  EXPECT_EQ(run().sent, 1);
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1"));
}

TEST_F(CrashedDelivery, KilledAfterTelegramTookItRepeatsItOnce) {
  put('o', 1);
  chat_.kill(Taken::yes);
  EXPECT_EQ(run_or_die(), End::died);
  EXPECT_EQ(run().sent, 1);
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "2: lo1"));
  put('e', 1);
  run();
  EXPECT_EQ(chat_.log.back(), "edit 2: le2");
}

TEST_F(CrashedDelivery, KilledBetweenEditAndReplyGoesOnThere) {
  put('o', 1);
  run();
  put('c', 1);
  chat_.work();
  chat_.kill(Taken::no);
  EXPECT_EQ(run_or_die(), End::died);
  run();
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "edit 1: lc2", "2 to 1: c2"));
}

TEST_F(CrashedDelivery, RememberedButNotRemovedIsNotSentAgain) {
  const Notice notice = make('o', 1);
  put(notice);
  run();
  const auto state = read_file(state_path());
  ASSERT_TRUE(state && state->find("\"done\":[{\"sequence\":1,") != std::string::npos) << *state;
  put(notice);  // the file is there again: its removal never reached the disk
  const auto report = run();
  EXPECT_EQ(report.waiting, 0);
  EXPECT_THAT(chat_.log, SizeIs(1));
  EXPECT_EQ(files(), 0U);
}

TEST_F(CrashedDelivery, AMemoryThatCannotBeWrittenIsAnErrorAndNothingIsSentTwice) {
  put('o', 1);
  put('o', 2);
  chat_.then([this] { block_memory(); });
  EXPECT_FALSE(try_run());
  EXPECT_FALSE(try_run());
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1"));
  unblock_memory();
  EXPECT_EQ(run().sent, 2);
  EXPECT_THAT(chat_.log, ElementsAre("1: lo1", "2: lo1", "3: lo2"));
}

TEST_F(CrashedDelivery, EveryPlaceToDieRepeatsAtMostOneMessageAndLosesNone) {
  for (int at = 0; at < 8; ++at) {
    for (const Taken taken : {Taken::no, Taken::yes}) {
      for (const auto& entry : std::filesystem::directory_iterator{directory_}) {
        std::filesystem::remove_all(entry);
      }
      chat_ = {};
      last_ = 0;
      put('o', 1);
      put('o', 2);
      put('s', 0);
      run();
      put('e', 1);
      put('c', 2);
      put('s', 0);
      put('o', 3);
      const std::size_t calls_before = chat_.calls.size();
      for (int i = 0; i < at; ++i) chat_.work();
      chat_.kill(taken);
      run_or_die();
      pass(std::chrono::minutes{1});
      run();
      EXPECT_EQ(files(), 0U);
      std::map<std::string, int> times;
      for (const std::string& line : chat_.log) ++times[line.substr(line.find(": "))];
      int repeated = 0;
      for (const std::string text : {"lo1", "lo2", "s3", "le4", "lc5", "c5", "s6", "lo7"}) {
        EXPECT_GE(times[": " + text], 1) << text << " at " << at;
        repeated += times[": " + text] - 1;
      }
      EXPECT_LE(repeated, taken == Taken::yes ? 1 : 0) << at;
      EXPECT_GE(chat_.calls.size(), calls_before);
    }
  }
}

// Two processes share a chat: a file to which each message is one line.
class FileChat final : public Http {
 public:
  explicit FileChat(std::string path) : path_(std::move(path)) {}
  void start(HttpRequest request, Callback done) override {
    const auto json = parse_json(request.body);
    std::ofstream{path_, std::ios::app} << (*json)["text"].GetString() << '\n';
    HttpResponse response;
    response.status = 200;
    response.body = R"({"ok":true,"result":{"message_id":1}})";
    done(std::move(response));
  }
  void run(const Deadline& /*deadline*/) override {}

 private:
  std::string path_;
};

TEST_F(CrashedDelivery, TwoProcessesSendEachNoticeOnceAndInOrder) {
  settings_.pace = Milliseconds{0};
  for (int i = 0; i < 50; ++i) put('s', 0);
  const std::string log = directory_ + "/chat.log";
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      FileChat chat{log};
      SystemClock clock;
      const auto report = deliver(
          outbox_, [this] { return last_; }, settings_, chat, clock,
          Deadline{clock, std::chrono::seconds{30}});
      ::_exit(report && report->waiting == 0 ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  std::string expected;
  for (int i = 1; i <= 50; ++i) expected += "s" + std::to_string(i) + "\n";
  EXPECT_EQ(read_file(log), expected);
}

// Notices of a few incidents and failures of every kind, drawn by lot.
class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  int below(int end) { return std::uniform_int_distribution<>{0, end - 1}(random_); }

 private:
  std::mt19937 random_;
};

TEST_F(CrashedDelivery, WhateverHappensEverythingArrivesInOrderAndOnlyLostAnswersRepeat) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    for (const auto& entry : std::filesystem::directory_iterator{directory_}) {
      std::filesystem::remove_all(entry);
    }
    chat_ = {};
    last_ = 0;
    Chance chance{seed};
    bool answers_were_lost = false;
    std::map<std::uint64_t, std::string> newest_live;
    std::map<std::string, std::uint64_t> incident_of;
    std::map<std::uint64_t, bool> is_open;
    std::vector<std::string> singles;
    for (int step = 0; step < 40; ++step) {
      for (int i = chance.below(3); i > 0; --i) {
        const auto incident = 1 + static_cast<std::uint64_t>(chance.below(3));
        if (chance.below(5) == 0) {
          const Notice single = make('s', 0);
          singles.push_back(single.message);
          put(single);
          continue;
        }
        const char kind = !is_open[incident] ? 'o' : "eerc"[chance.below(4)];
        is_open[incident] = kind != 'c';
        const Notice notice = make(kind, incident);
        newest_live[incident] = notice.live;
        for (const std::string& text : {notice.live, notice.message, notice.whole}) {
          incident_of[text] = incident;
        }
        put(notice);
      }
      switch (seed % 2 == 0 ? chance.below(4) : chance.below(7)) {
        case 0:
          chat_.say(429, refusal(429, "Flood", R"({"retry_after":20})"));
          break;
        case 1:
          chat_.be_silent(Taken::no);
          break;
        case 2:
          chat_.kill(Taken::no);
          break;
        case 3:
          chat_.work();
          break;
        case 4:
          chat_.be_silent(Taken::yes);
          answers_were_lost = true;
          break;
        case 5:
          chat_.kill(Taken::yes);
          answers_were_lost = true;
          break;
        default:
          chat_.say(502, "<html>");
          break;
      }
      run_or_die();
      pass(std::chrono::seconds{chance.below(120)});
    }
    for (int i = 0; i < 50 && files() > 0; ++i) {
      run_or_die();
      pass(std::chrono::minutes{11});
    }
    ASSERT_EQ(files(), 0U) << seed;

    std::map<std::string, int> times;
    std::map<std::string, std::size_t> place;
    for (std::size_t i = 0; i < chat_.log.size(); ++i) {
      const std::string text = chat_.log[i].substr(chat_.log[i].find(": ") + 2);
      ++times[text];
      place[text] = i;
    }
    for (const auto& [text, count] : times) {
      EXPECT_TRUE(count == 1 || answers_were_lost) << text << " seed " << seed;
    }
    // What an incident shows and what is replied to it never goes back to an older notice.
    std::map<std::pair<std::uint64_t, bool>, int> newest_said;
    for (const std::string& line : chat_.log) {
      const std::string text = line.substr(line.find(": ") + 2);
      if (!incident_of.contains(text)) continue;
      const bool is_live = text.starts_with('l') || text.starts_with('w');
      int& newest = newest_said[{incident_of[text], is_live}];
      const int number = std::stoi(text.substr(is_live ? 2 : 1));
      EXPECT_GE(number, newest) << line << " seed " << seed;
      newest = number;
    }
    // The chat's last word on each incident is how it stands.
    for (const auto& [incident, live] : newest_live) {
      const bool live_text = times[live] > 0;
      const bool whole_text = times["w" + live.substr(1)] > 0;
      EXPECT_TRUE(live_text || whole_text) << live << " seed " << seed;
    }
    for (std::size_t i = 0; i < singles.size(); ++i) {
      EXPECT_GE(times[singles[i]], 1) << singles[i] << " seed " << seed;
      EXPECT_TRUE(i == 0 || answers_were_lost || place[singles[i - 1]] < place[singles[i]]);
    }
  }
}

}  // namespace
}  // namespace lectio
