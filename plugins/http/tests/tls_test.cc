// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <thread>

#include "certificate.h"
#include "fixture.h"
#include "http/client.h"
#include "support/temporary_directory.h"

namespace stoq::http {
namespace {

using test::error_of;
using test::kNever;

class HttpTls : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::Certificate::possible()) GTEST_SKIP() << "openssl is not installed";
  }
  void serve(const std::string& name) {
    certificate = std::make_unique<test::Certificate>(name);
    fixture = std::make_unique<test::Fixture>(
        STOQ_HTTP_SERVERS "/fixture.py", std::vector<std::string>{"--tls", certificate->pem()});
    url = fixture->url("https");
  }
  std::string failure(Settings settings) {
    return error_of<Failure>([&] { Client(settings).send({.url = url}, kNever); });
  }

  std::unique_ptr<test::Certificate> certificate;
  std::unique_ptr<test::Fixture> fixture;
  std::string url;
};

TEST_F(HttpTls, TrustsWhomItIsToldToTrust) {
  serve("IP:127.0.0.1");
  const Client client({.ca_file = certificate->trusted()});
  EXPECT_EQ(client.send({.url = url}, kNever).status, 200);
}

TEST_F(HttpTls, TrustsNobodyElse) {
  serve("IP:127.0.0.1");
  EXPECT_EQ(failure({}), "no trusted TLS connection to " + url +
                             ": SSL certificate problem: self-signed certificate");
  EXPECT_EQ(failure({.ca_file = "/nonexistent/ca.pem"}).substr(0, 30 + url.size()),
            "no trusted TLS connection to " + url + ":");
  EXPECT_EQ(Client({.verify_tls = false}).send({.url = url}, kNever).status, 200);
}

TEST_F(HttpTls, LooksAtTheName) {
  serve("DNS:elsewhere.example");
  EXPECT_EQ(failure({.ca_file = certificate->trusted()}),
            "no trusted TLS connection to " + url +
                ": SSL: no alternative certificate subject name matches target host name "
                "'127.0.0.1'");
}

TEST_F(HttpTls, OnlyAHandshakeThatBreaksMayPass) {
  test::Fixture plain(STOQ_HTTP_SERVERS "/fixture.py");
  const auto passes = [](const std::string& to) {
    try {
      Client({}).send({.url = to}, kNever);
    } catch (const Failure& e) {
      EXPECT_EQ(std::string(e.what()).substr(0, 30 + to.size()),
                "no trusted TLS connection to " + to + ":");
      return e.passing();
    }
    ADD_FAILURE() << "it was sent";
    return false;
  };
  EXPECT_FALSE(passes(plain.url("https")));

  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  for (const bool reset : {true, false}) {
    std::thread hang_up([&] {
      const int peer = accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
      char hello[4096];
      if (!reset) shutdown(peer, SHUT_WR);
      EXPECT_GT(recv(peer, hello, reset ? 1 : sizeof hello, 0), 0);
      close(peer);
    });
    EXPECT_TRUE(passes("https://127.0.0.1:" + std::to_string(ntohs(address.sin_port))));
    hang_up.join();
  }
  close(fd);
}

}  // namespace
}  // namespace stoq::http
