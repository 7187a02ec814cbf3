#include "deep_check/certificate.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "io/loopback_server.hpp"
#include "io/system_clock.hpp"

namespace lectio {
namespace {

using testing::Authority;
using testing::LoopbackServer;
using testing::Peer;

CertificateAnswer ask(const LoopbackServer& server, const std::string& authorities = {}) {
  SystemClock clock;
  return ask_for_certificates({.url = server.url("/")},
                              {.ca_directory = "", .ca_file = authorities}, clock);
}

TEST(CertificateOfASite, IsSeenOverOneConnection) {
  const Authority authority;
  const LoopbackServer server{authority.issue("localhost", 30),
                              [](Peer& peer) { peer.wait_until_closed(); }};
  const CertificateAnswer answer = ask(server);
  ASSERT_EQ(answer.error, HttpError::none) << answer.error_text;
  EXPECT_EQ(answer.chain.distrust, HttpError::tls_untrusted) << "nobody knows the authority";
  EXPECT_FALSE(answer.chain.certificates.empty());
  EXPECT_EQ(server.connections(), 1) << "trusted or not, it is asked once";
}

TEST(CertificateOfASite, ThatIsGoodIsSeenOverOneConnectionToo) {
  const Authority authority;
  const std::string file = ::testing::TempDir() + "certificate_test.pem";
  std::ofstream{file} << authority.pem();
  const LoopbackServer server{authority.issue("localhost", 30),
                              [](Peer& peer) { peer.wait_until_closed(); }};
  const CertificateAnswer answer = ask(server, file);
  EXPECT_EQ(answer.chain.distrust, HttpError::none) << answer.chain.reason;
  EXPECT_EQ(server.connections(), 1);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace lectio
