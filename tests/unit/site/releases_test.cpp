#include "site/releases.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "io/file.hpp"

namespace lectio {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr WallTime day(int number) {
  return std::chrono::sys_days{std::chrono::year{2026} / 11 / 1} + std::chrono::days{number};
}

class ReleasesTest : public testing::Test {
 protected:
  ReleasesTest() {
    std::string path = testing::TempDir() + "releases.XXXXXX";
    root_ = ::mkdtemp(path.data());
    build("build", "first");
    kept_ = Releases{root_ + "/build", TreeOwner{::getuid(), ::getgid()}};
  }
  ~ReleasesTest() override { std::filesystem::remove_all(root_); }

  // A page, and a script that is named after it.
  void build(const std::string& directory, const std::string& mark) {
    const std::string path = root_ + "/" + directory;
    std::filesystem::create_directories(path + "/static");
    ASSERT_TRUE(write_file_atomically(path + "/index.html", mark, 0644));
    ASSERT_TRUE(write_file_atomically(path + "/static/" + mark + ".js", mark, 0644));
  }
  Release staged(const std::string& mark, WallTime when) {
    build("source", mark);
    auto release = kept_.stage(root_ + "/source", when, [] { return false; });
    EXPECT_TRUE(release) << release.error().message;
    std::filesystem::remove_all(root_ + "/source");
    return *release;
  }
  std::string page() const { return *read_file(root_ + "/build/index.html"); }

  std::string root_;
  Releases kept_{"", {}};
};

TEST_F(ReleasesTest, WhatServesIsDescribedOnce) {
  EXPECT_EQ(*kept_.serving(), std::nullopt);
  const auto adopted = kept_.adopt(day(1));
  ASSERT_TRUE(adopted) << adopted.error().message;
  EXPECT_EQ(adopted->name, "20261102-000000");
  EXPECT_EQ(kept_.adopt(day(2))->name, adopted->name);
  EXPECT_THAT(*kept_.list(), SizeIs(1));
}

TEST_F(ReleasesTest, WhatWasChangedInPlaceIsFreshAgain) {
  Release release = *kept_.adopt(day(1));
  release.state = ReleaseState::proven;
  ASSERT_TRUE(kept_.save(release));
  ASSERT_TRUE(write_file_atomically(root_ + "/build/index.html", "edited", 0644));
  release.carried["static/first.js"] = day(1);
  ASSERT_TRUE(kept_.save(release));
  const auto adopted = kept_.adopt(day(2));
  ASSERT_TRUE(adopted);
  EXPECT_EQ(adopted->name, release.name);
  EXPECT_EQ(adopted->state, ReleaseState::fresh);
  EXPECT_THAT(adopted->carried, IsEmpty()) << "the new page may need them";
}

TEST_F(ReleasesTest, TwoChangePlacesAndBack) {
  const Release first = *kept_.adopt(day(1));
  const Release second = staged("second", day(2));
  EXPECT_EQ(page(), "first");
  ASSERT_TRUE(kept_.swap(second, first));
  EXPECT_EQ(page(), "second");
  EXPECT_EQ((*kept_.serving())->name, second.name);
  EXPECT_EQ(*read_file(kept_.tree(first) + "/index.html"), "first");
  ASSERT_TRUE(kept_.swap(first, second));
  EXPECT_EQ(page(), "first");
  EXPECT_THAT(*kept_.list(),
              ElementsAre(Field(&Release::name, second.name), Field(&Release::name, first.name)));
}

TEST_F(ReleasesTest, ADeathBetweenTheRenamesIsTidiedUp) {
  const Release first = *kept_.adopt(day(1));
  const Release second = staged("second", day(2));
  ASSERT_TRUE(exchange(kept_.tree(second), kept_.build(), root_ + "/spare"));
  std::filesystem::create_directories(kept_.directory() + "/.copy-20261105-000000/static");
  ASSERT_TRUE(kept_.tidy());
  EXPECT_EQ(*read_file(kept_.tree(first) + "/index.html"), "first");
  EXPECT_FALSE(std::filesystem::exists(kept_.tree(second)));
  EXPECT_FALSE(std::filesystem::exists(kept_.directory() + "/.copy-20261105-000000"));
  EXPECT_EQ((*kept_.serving())->name, second.name);
}

TEST_F(ReleasesTest, WhatWasMovedAwayForAnExchangeInTwoStepsComesBack) {
  const Release first = *kept_.adopt(day(1));
  std::filesystem::rename(kept_.build(), kept_.directory() + "/.spare");
  ASSERT_TRUE(kept_.tidy());
  EXPECT_EQ(page(), "first");
}

TEST_F(ReleasesTest, FilesOfOpenPagesAreCarriedForAWhile) {
  Release first = *kept_.adopt(day(1));
  Release second = staged("second", day(2));
  ASSERT_TRUE(kept_.carry(first, second, day(2), day(-10)));
  EXPECT_THAT(second.carried, ElementsAre(Pair("static/first.js", day(2))));
  EXPECT_TRUE(std::filesystem::exists(kept_.tree(second) + "/static/first.js"));
  EXPECT_EQ(*read_file(kept_.tree(second) + "/index.html"), "second") << "pages are not carried";

  // Carried on with the day it was first carried, until that is too long ago.
  Release third = staged("third", day(9));
  ASSERT_TRUE(kept_.carry(second, third, day(9), day(2)));
  EXPECT_THAT(third.carried,
              ElementsAre(Pair("static/first.js", day(2)), Pair("static/second.js", day(9))));
  Release fourth = staged("fourth", day(20));
  ASSERT_TRUE(kept_.carry(third, fourth, day(20), day(3)));
  EXPECT_THAT(fourth.carried,
              ElementsAre(Pair("static/second.js", day(9)), Pair("static/third.js", day(20))));

  EXPECT_EQ(*kept_.drop_carried(third, day(3)), 1);
  EXPECT_FALSE(std::filesystem::exists(kept_.tree(third) + "/static/first.js"));
  EXPECT_TRUE(std::filesystem::exists(kept_.tree(third) + "/static/third.js"));
}

TEST_F(ReleasesTest, BesideThePageOnlyWhatNamesItsContentIsCarried) {
  for (const char* name : {"main.8f3a2b1c.js", "workbox-1a2b3c4d.js", "sw.js", "robots.txt",
                           "service-worker.js", "google1a2b3c4d5e.html"}) {
    std::ofstream{kept_.build() + "/" + name} << name;
  }
  const Release first = *kept_.adopt(day(1));
  Release second = staged("second", day(2));
  ASSERT_TRUE(kept_.carry(first, second, day(2), day(-10)));
  EXPECT_THAT(second.carried,
              ElementsAre(Pair("main.8f3a2b1c.js", day(2)), Pair("static/first.js", day(2)),
                          Pair("workbox-1a2b3c4d.js", day(2))));
}

TEST_F(ReleasesTest, HalfOfATreeIsNoRelease) {
  ASSERT_TRUE(kept_.adopt(day(1)));
  const Release second = staged("second", day(2));
  const Release third = staged("third", day(3));
  // Killed inside remove(), and before a copy got its name.
  std::filesystem::rename(kept_.tree(second), kept_.directory() + "/.gone-" + second.name);
  std::filesystem::rename(kept_.tree(third), kept_.directory() + "/.copy-" + third.name);
  ASSERT_TRUE(kept_.tidy());
  EXPECT_THAT(*kept_.list(), SizeIs(1));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{kept_.directory()},
                          std::filesystem::directory_iterator{}),
            1);
}

TEST_F(ReleasesTest, ATreeThatWasCopiedElsewhereIsKnownAgain) {
  ASSERT_TRUE(kept_.adopt(day(1)));
  const Release second = staged("second", day(2));
  std::filesystem::copy(kept_.tree(second), root_ + "/copy",
                        std::filesystem::copy_options::recursive);
  std::filesystem::rename(kept_.tree(second), root_ + "/old");
  std::filesystem::rename(root_ + "/copy", kept_.tree(second));
  ASSERT_TRUE(kept_.tidy());
  EXPECT_THAT(*kept_.list(), SizeIs(2));
}

TEST_F(ReleasesTest, NothingServesWhereThereIsNoBuild) {
  std::filesystem::remove_all(kept_.build());
  EXPECT_EQ(*kept_.serving(), std::nullopt);
  EXPECT_THAT(kept_.adopt(day(1)).error().message, HasSubstr("does not exist"));
}

TEST_F(ReleasesTest, WhatServesIsNeverRemoved) {
  const Release first = *kept_.adopt(day(1));
  const auto refused = kept_.remove(first);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("serves"));
  const Release second = staged("second", day(2));
  ASSERT_TRUE(kept_.remove(second));
  EXPECT_THAT(*kept_.list(), SizeIs(1));
  EXPECT_EQ(page(), "first");
}

TEST_F(ReleasesTest, ADescriptionThatIsNoneIsNamed) {
  ASSERT_TRUE(make_directory(kept_.directory()));
  EXPECT_THAT(*kept_.list(), IsEmpty());
  ASSERT_TRUE(write_file_atomically(kept_.directory() + "/x.json", "{}", 0600));
  const auto listed = kept_.list();
  ASSERT_FALSE(listed);
  EXPECT_THAT(listed.error().message, HasSubstr("x.json describes no release"));
}

}  // namespace
}  // namespace lectio
