// The spool as packaging/django/lectio_errors.py fills it, and as nobody should.
#include "site/error_spool.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "io/process.hpp"
#include "io/system_clock.hpp"

namespace lectio {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto logs = R"(
import logging, os, sys
import lectio_errors
logger = logging.getLogger("django.request")
logger.addHandler(lectio_errors.SpoolHandler(sys.argv[1]))
class Request:
    method, path, META = "GET", "/lessons/7/", {}
class OwnRequest(Request):
    META = {"HTTP_USER_AGENT": "lectio-monitor/0.1.0"}
def fails(error, request=Request):
    try:
        raise error
    except Exception:
        logger.error("Internal Server Error: %s", request.path, exc_info=True, extra={"request": request()})
)";

class ErrorSpoolTest : public testing::Test {
 protected:
  ErrorSpoolTest() {
    std::string path = testing::TempDir() + "error_spool.XXXXXX";
    directory = ::mkdtemp(path.data());
  }
  ~ErrorSpoolTest() override { std::filesystem::remove_all(directory); }

  void python(const std::string& script) {
    SystemClock clock;
    const auto done = run_process(
        {.argv = {"/usr/bin/python3", "-B", "-c", logs + script, directory},
         .environment = {std::string{"PYTHONPATH="} + SOURCE_DIR + "/packaging/django"}},
        clock);
    ASSERT_TRUE(done && done->ok()) << (done ? done->errors : done.error().message);
    ASSERT_EQ(done->errors, "");
  }
  std::vector<SiteError> read(ErrorSpool::Take take = ErrorSpool::Take::look) {
    notes.clear();
    auto errors = spool().read(take, notes);
    EXPECT_TRUE(errors) << errors.error().message;
    return errors.value_or(std::vector<SiteError>{});
  }
  ErrorSpool spool() const { return ErrorSpool{directory}; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  std::string file(const std::string& name) const { return directory + "/" + name; }

  std::string directory;
  std::vector<std::string> notes;
};

TEST_F(ErrorSpoolTest, HoldsWhatTheSiteRaised) {
  python("fails(ValueError('no <lesson> \\u0443\\u0440\\u043e\\u043a'))");
  const auto errors = read();
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].error, "ValueError");
  EXPECT_EQ(errors[0].text, "no <lesson> урок");
  EXPECT_EQ(errors[0].method + " " + errors[0].path, "GET /lessons/7/");
  EXPECT_EQ(errors[0].function, "fails");
  EXPECT_GT(errors[0].line, 0);
  EXPECT_THAT(errors[0].frames, Contains(HasSubstr("fails")));
  EXPECT_EQ(errors[0].times, 1);
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(ErrorSpoolTest, CountsAKindOverWorkersAndKeepsKindsApart) {
  python(R"(
for _ in range(3):
    if os.fork() == 0:
        for n in range(300):
            fails(ValueError("number %d" % n))
        os._exit(0)
for _ in range(3):
    os.wait()
for n in range(100):
    fails(ValueError("again"))
fails(KeyError("x"))
logger.error("Service Unavailable", extra={"request": Request()})
)");
  const auto errors = read();
  std::vector<std::string> told;
  for (const SiteError& error : errors) {
    told.push_back(error.error + " " + std::to_string(error.times));
  }
  EXPECT_THAT(told,
              testing::UnorderedElementsAre("ValueError 1000", "KeyError 1", "django.request 1"));
}

TEST_F(ErrorSpoolTest, TheMonitorsOwnRequestsAreNotTold) {
  python("fails(ValueError('x'), OwnRequest)");
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(ErrorSpoolTest, TheHandlerNeverRaisesAndIsBounded) {
  python(
      "import shutil; shutil.rmtree(sys.argv[1]); fails(ValueError('x')); os.mkdir(sys.argv[1])");
  python(R"(
class Hostile(Exception):
    def __str__(self):
        raise RuntimeError
fails(Hostile())
logger.error("no request", extra={"request": None})
logger.error("no words for %s")
lectio_errors.MOST_FILES = 6
for n in range(9):
    fails(type("Error%d" % n, (Exception,), {})("y" * 100000))
)");
  const auto errors = read();
  ASSERT_THAT(errors, SizeIs(7));
  EXPECT_EQ(errors[0].signature, std::string(16, '0')) << "those for which there was no room";
  EXPECT_EQ(errors[0].times, 6);
  EXPECT_LT(errors[0].text.size(), 2100U);
}

// logging's own handle() holds a lock since Python 3.13, and createLock() may have made none.
TEST_F(ErrorSpoolTest, TheHandlerTakesNoLock) {
  python(R"(
class Broken:
    def __enter__(self):
        raise TypeError("locked")
    __exit__ = acquire = release = __enter__
logger.handlers[0].lock = Broken()
fails(ValueError("x"))
logger.handlers[0].lock = None
)");
  EXPECT_THAT(read(), SizeIs(1));
}

TEST_F(ErrorSpoolTest, AnAddressIsToldAsTheSitesUrlsNameIt) {
  python(R"(
class Routed(Request):
    class resolver_match:
        route = "reset/<token>/"
    path = "/reset/0a1b2c/"
fails(ValueError("x"), Routed)
)");
  EXPECT_EQ(read()[0].path, "/reset/<token>/");
}

TEST_F(ErrorSpoolTest, WhatIsTakenIsThereUntilItIsDropped) {
  python("fails(ValueError('x'))");
  EXPECT_THAT(read(ErrorSpool::Take::take), SizeIs(1));
  python("fails(ValueError('x')); fails(ValueError('x'))");
  EXPECT_THAT(files(), SizeIs(2));
  const auto taken = read(ErrorSpool::Take::take);
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].times, 1) << "what came later waits for its turn";
  spool().drop(taken);
  const auto later = read(ErrorSpool::Take::take);
  ASSERT_THAT(later, SizeIs(1));
  EXPECT_EQ(later[0].times, 2);
  spool().drop(later);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(ErrorSpoolTest, NothingButPlainFilesOfTheRightNameIsLookedAt) {
  const std::string secret = directory + ".secret";
  std::ofstream{secret} << R"({"schema":1,"error":"stolen"})" << '\n';
  std::filesystem::create_symlink(secret, file("0123456789abcdef.error"));
  ASSERT_EQ(::mkfifo(file("1123456789abcdef.error").c_str(), 0600), 0);
  std::filesystem::create_directory(file("2123456789abcdef.taken"));
  std::ofstream{file("3123456789abcdef.error")} << "no json\n";
  std::ofstream{file("4123456789abcdef.error")} << std::string(100'000, 'x');
  std::ofstream{file("SHORT.error")} << R"({"schema":1,"error":"x"})" << '\n';
  std::ofstream{file("ZZZZZZZZZZZZZZZZ.error")} << R"({"schema":1,"error":"x"})" << '\n';
  std::ofstream{file(".1-1.part")} << "half";
  std::ofstream{file(".1-2.part")} << "left by one that was killed";
  std::filesystem::last_write_time(
      file(".1-2.part"), std::filesystem::file_time_type::clock::now() - std::chrono::minutes{2});
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_THAT(files(), SizeIs(9)) << "who only looks takes nothing away";
  EXPECT_THAT(read(ErrorSpool::Take::take), IsEmpty());
  EXPECT_THAT(notes, SizeIs(8));
  EXPECT_THAT(files(), ElementsAre(".1-1.part"));
  EXPECT_TRUE(std::filesystem::exists(secret));
  std::filesystem::remove(secret);
}

TEST_F(ErrorSpoolTest, SoManyAreReadAndTheOthersAreTheNextRuns) {
  for (int i = 0; i < 250; ++i) {
    std::ofstream{file(fmt::format("{:016x}.error", i))}
        << R"({"schema":1,"error":"x","frames":[)" << "\"a\"" << std::string(60, ' ')
        << R"(,"b","c","d","e","f","g","h","i","j","k","l"]})" << '\n';
  }
  const auto first = read(ErrorSpool::Take::take);
  EXPECT_THAT(first, SizeIs(200));
  EXPECT_THAT(first[0].frames, SizeIs(10));
  spool().drop(first);
  EXPECT_THAT(read(ErrorSpool::Take::take), SizeIs(50));
}

TEST_F(ErrorSpoolTest, AHoleOfGigabytesIsNoCount) {
  std::ofstream{file("0123456789abcdef.error")} << R"({"schema":1,"error":"x"})" << '\n';
  std::filesystem::resize_file(file("0123456789abcdef.error"), std::uintmax_t{1} << 40U);
  EXPECT_EQ(read()[0].times, 1'000'001);
}

TEST_F(ErrorSpoolTest, AnotherAccountsFileIsNone) {
  if (::getuid() != 0) GTEST_SKIP() << "only root gives a file away";
  std::ofstream{file("0123456789abcdef.error")} << R"({"schema":1,"error":"x"})" << '\n';
  ASSERT_EQ(::chown(file("0123456789abcdef.error").c_str(), 1, 1), 0);
  EXPECT_THAT(read(), IsEmpty());
}

TEST_F(ErrorSpoolTest, WithoutItsEndAnErrorIsNotWhole) {
  std::ofstream{file("0123456789abcdef.error")} << R"({"schema":1,"error":"x"})";
  EXPECT_THAT(read(), IsEmpty());
  EXPECT_THAT(notes, ElementsAre(HasSubstr("no whole error")));
}

TEST_F(ErrorSpoolTest, AFileInItsPlaceIsAnError) {
  std::ofstream{file("file")} << "x";
  std::vector<std::string> said;
  EXPECT_FALSE(ErrorSpool{file("file")}.read(ErrorSpool::Take::take, said));
  EXPECT_FALSE(ErrorSpool{file("file")}.give_to(1));
  EXPECT_FALSE(ErrorSpool{file("file/spool")}.give_to(1));
}

TEST_F(ErrorSpoolTest, ADirectoryThatIsNotThereHoldsNothing) {
  std::vector<std::string> said;
  EXPECT_TRUE(ErrorSpool{"/nonexistent/spool"}.read(ErrorSpool::Take::take, said)->empty());
}

TEST_F(ErrorSpoolTest, BelongsToWhoeverRunsTheSite) {
  if (::getuid() != 0) GTEST_SKIP() << "only root gives a directory away";
  const ErrorSpool made{file("spool")};
  for (const uid_t user : {33U, 1U}) {
    ASSERT_TRUE(made.give_to(user));
    struct stat status{};
    ASSERT_EQ(::stat(file("spool").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
    EXPECT_EQ(status.st_uid, user);
  }
  std::filesystem::create_symlink(directory, file("link"));
  EXPECT_FALSE(ErrorSpool{file("link")}.give_to(1));
}

}  // namespace
}  // namespace lectio
