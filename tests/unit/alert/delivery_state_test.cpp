#include "alert/delivery_state.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "io/file.hpp"

namespace lectio {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Moment at(std::int64_t second) {
  return {.wall = WallTime{std::chrono::seconds{1'790'000'000 + second}},
          .boot = std::chrono::seconds{1000 + second}};
}

class DeliveryStateTest : public testing::Test {
 protected:
  DeliveryStateTest() {
    std::string path = testing::TempDir() + "delivery_state.XXXXXX";
    directory_ = ::mkdtemp(path.data());
  }
  ~DeliveryStateTest() override { std::filesystem::remove_all(directory_); }

  DeliveryState load(const Moment& now = at(100)) {
    auto state = load_delivery_state(directory_, now, notes_);
    EXPECT_TRUE(state.has_value()) << state.error().message;
    return state.value_or(DeliveryState{});
  }

  std::string directory_;
  std::vector<std::string> notes_;
};

TEST_F(DeliveryStateTest, ComesBackAsItWasSaved) {
  DeliveryState state;
  state.live = {{.incident = 7, .chat = "@x", .message = 9'000'000'000, .topic = 5, .shown = 12}};
  state.moved = {{"-100", "-1001557912345"}};
  state.done = {{.sequence = 3, .created_ms = 4}};
  state.fallen = {{.sequence = 5, .created_ms = 6}, {.sequence = 7, .created_ms = 8}};
  state.last_call = at(1);
  state.hold = Hold{.from = at(2), .wait = Milliseconds{31'000}, .reason = "429 \"flood\""};
  state.failing_since = at(3);
  state.back_off = Milliseconds{60'000};
  ASSERT_TRUE(save_delivery_state(directory_, state));
  const DeliveryState back = load();
  ASSERT_NE(back.find(7, "@x"), nullptr);
  EXPECT_EQ(back.find(7, "@x")->message, 9'000'000'000);
  EXPECT_EQ(back.find(7, "@x")->topic, 5);
  EXPECT_EQ(back.find(7, "@x")->shown, 12U);
  EXPECT_EQ(back.find(7, "@y"), nullptr);
  EXPECT_EQ(back.find(8, "@x"), nullptr);
  EXPECT_EQ(back.moved, state.moved);
  EXPECT_EQ(back.done, state.done);
  EXPECT_EQ(back.fallen, state.fallen);
  EXPECT_EQ(back.last_call->wall, at(1).wall);
  EXPECT_EQ(back.last_call->boot, at(1).boot);
  EXPECT_EQ(back.hold->from.boot, at(2).boot);
  EXPECT_EQ(back.hold->wait, Milliseconds{31'000});
  EXPECT_EQ(back.hold->reason, "429 \"flood\"");
  EXPECT_EQ(back.failing_since->wall, at(3).wall);
  EXPECT_EQ(back.back_off, Milliseconds{60'000});
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(DeliveryStateTest, NoneIsAnEmptyOne) {
  EXPECT_THAT(load().live, IsEmpty());
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(DeliveryStateTest, DamageIsSetAside) {
  ASSERT_TRUE(save_delivery_state(directory_, {}));
  const std::string good = *read_file(directory_ + "/delivery.json");
  const std::vector<std::string> damages{"",
                                         "[]",
                                         "null",
                                         good.substr(0, good.size() / 2),
                                         R"({"live":7})",
                                         R"({"live":[7]})",
                                         R"({"live":[{"incident":-1}]})",
                                         R"({"moved":[]})",
                                         R"({"moved":{"-1":7}})",
                                         R"({"done":[{"sequence":"x"}]})",
                                         R"({"hold":{"from":7}})",
                                         R"({"failing_since":{"wall_ms":-1}})",
                                         R"({"back_off_ms":7.5})",
                                         R"({"back_off_ms":9e18})"};
  for (const std::string& damage : damages) {
    notes_.clear();
    ASSERT_TRUE(write_file_atomically(directory_ + "/delivery.json", damage, 0600));
    load();
    EXPECT_THAT(notes_, SizeIs(1)) << damage;
  }
}

TEST_F(DeliveryStateTest, InstantsInTheFutureAreNow) {
  DeliveryState state;
  state.last_call = at(500);
  state.hold = Hold{.from = at(500), .wait = Milliseconds{1000}, .reason = "x"};
  state.failing_since = at(500);
  ASSERT_TRUE(save_delivery_state(directory_, state));
  const DeliveryState back = load(at(100));
  EXPECT_EQ(back.last_call->wall, at(100).wall);
  EXPECT_EQ(back.last_call->boot, at(100).boot);
  EXPECT_EQ(back.hold->from.wall, at(100).wall);
  EXPECT_EQ(back.failing_since->boot, at(100).boot);
}

TEST_F(DeliveryStateTest, AgesAreTheLongerOfBothClocksAndNeverNegative) {
  Moment now = at(100);
  EXPECT_EQ(since(at(40), now), std::chrono::seconds{60});
  now.wall = at(0).wall;
  EXPECT_EQ(since(at(40), now), std::chrono::seconds{60});
  now = {.wall = at(100).wall, .boot = std::chrono::seconds{5}};
  EXPECT_EQ(since(at(40), now), std::chrono::seconds{60});
  EXPECT_EQ(since(at(400), at(100)), Milliseconds{0});
}

TEST_F(DeliveryStateTest, OneMessageAnIncident) {
  DeliveryState state;
  state.remember({.incident = 1, .chat = "5", .message = 2});
  state.remember({.incident = 1, .chat = "5", .message = 3});
  EXPECT_THAT(state.live, SizeIs(1));
  EXPECT_EQ(state.find(1, "5")->message, 3);
}

}  // namespace
}  // namespace lectio
