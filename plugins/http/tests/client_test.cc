// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "fixture.h"
#include "stoq/sdk/json.h"
#include "support/temporary_directory.h"

namespace stoq::http {
namespace {

using test::error_of;
using test::Fixture;
using test::kNever;
using Clock = std::chrono::steady_clock;

const std::string kServer = STOQ_HTTP_SERVERS "/fixture.py";

class HttpClient : public testing::Test {
 protected:
  Fixture& serve(const std::string& plan) {
    fixture = std::make_unique<Fixture>(kServer, std::vector<std::string>{"--plan", plan});
    return *fixture;
  }
  // What the client says of a server that does this; times are struck out.
  std::string failure(const std::string& step, Settings settings = {}) {
    serve("[\"" + step + "\"]");
    try {
      Client(settings).send({.url = fixture->url(), .body = "x"}, kNever);
    } catch (const Failure& e) {
      passing = e.passing();
      return shown(e.what());
    }
    return "none";
  }
  std::string shown(std::string text) const {
    for (size_t at; (at = text.find(fixture->url())) != text.npos;)
      text.replace(at, fixture->url().size(), "URL");
    return text;
  }
  std::unique_ptr<Fixture> fixture;
  bool passing = false;
};

TEST_F(HttpClient, SendsWhatItIsGiven) {
  serve("[]");
  const std::string body("a\0b\n", 4);
  const Reply reply = Client({}).send({.url = fixture->url() + "/path?q=1",
                                       .headers = {"X-Mine: 1", "Content-Type: a/b"},
                                       .body = body},
                                      kNever);
  EXPECT_EQ(reply.status, 200);
  const sdk::JsonView json(reply.body);
  EXPECT_EQ(json["path"].string_or(""), "/path?q=1");
  EXPECT_EQ(json["size"].int_or(0), 4);
  EXPECT_EQ(json["headers"]["X-Mine"].string_or(""), "1");
  EXPECT_EQ(json["headers"]["Content-Type"].string_or(""), "a/b");
  EXPECT_EQ(json["headers"]["User-Agent"].string_or(""), "stoQ/4");
  EXPECT_FALSE(json["headers"]["Accept-Encoding"]);
}

TEST_F(HttpClient, KnowsTheMethods) {
  serve("[]");
  const Client client({});
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "HEAD"})
    EXPECT_EQ(client.send({.method = method, .url = fixture->url()}, kNever).status, 200);
  const std::string state = fixture->state();
  const sdk::JsonView requests = sdk::JsonView(state)["requests"];
  std::string methods;
  for (const sdk::JsonView r : requests.elements()) methods += r["method"].string_or("") + " ";
  EXPECT_EQ(methods, "GET POST PUT DELETE HEAD ");
}

TEST_F(HttpClient, ALongBodyArrivesWhole) {
  serve("[]");
  const std::string body(20 << 20, 'b');
  const Reply reply = Client({}).send({.url = fixture->url(), .body = body}, kNever);
  EXPECT_EQ(sdk::JsonView(reply.body)["size"].int_or(0), 20 << 20);
}

TEST_F(HttpClient, AnAnswerIsCutAtItsLimit) {
  serve(R"(["flood"])");
  const Reply reply = Client({.max_reply = 1 << 20}).send({.url = fixture->url()}, kNever);
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.cut);
  EXPECT_EQ(reply.body.size(), size_t{1} << 20);
  for (int i = 0; i < 100 && fixture->state().find("\"flood_ended\": true") == std::string::npos;
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_NE(fixture->state().find("\"flood_ended\": true"), std::string::npos);
}

TEST_F(HttpClient, SaysWhatWentWrong) {
  EXPECT_EQ(failure("close"), "URL closed the connection without an answer");
  EXPECT_TRUE(passing);
  EXPECT_EQ(failure("reset"),
            "the connection to URL broke: Recv failure: Connection reset by peer");
  EXPECT_TRUE(passing);
  EXPECT_EQ(failure("truncate"),
            "URL ended its answer in the middle: transfer closed with 986 bytes remaining to read");
  EXPECT_TRUE(passing);
  EXPECT_EQ(failure("garbage"), "URL does not speak HTTP: Received HTTP/0.9 when not allowed");
  EXPECT_FALSE(passing);
  EXPECT_EQ(failure("header_flood"), "URL sent more than 256 KiB of headers");
  EXPECT_FALSE(passing);
}

TEST_F(HttpClient, ASlowServerCostsNoMoreThanTheTimeout) {
  for (const char* step : {"hang", "trickle"}) {
    const auto start = Clock::now();
    EXPECT_EQ(failure(step, {.timeout = Milliseconds(300)}),
              "no whole answer from URL within 0.3 s");
    EXPECT_TRUE(passing);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10)) << step;
  }
}

TEST_F(HttpClient, TheRequestMayHaveLessTime) {
  serve(R"(["hang"])");
  EXPECT_EQ(shown(error_of<Failure>([&] {
              Client({}).send({.url = fixture->url(), .most = Milliseconds(1000)}, kNever);
            })),
            "no whole answer from URL within 1 s");
  EXPECT_EQ(shown(error_of<Failure>([&] {
              Client({}).send({.url = fixture->url(), .most = Milliseconds(0)}, kNever);
            })),
            "no time was left to ask URL");
}

TEST_F(HttpClient, IsCalledOff) {
  serve(R"(["hang"])");
  std::atomic<bool> off = false;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    off = true;
  });
  const auto start = Clock::now();
  EXPECT_EQ(shown(error_of<Failure>(
                [&] { Client({}).send({.url = fixture->url()}, [&] { return off.load(); }); })),
            "the request to URL was cancelled");
  later.join();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
}

TEST_F(HttpClient, TellsARefusedConnectionFromOneThatIsNotMade) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const Client client({.connect_timeout = Milliseconds(300)});
  EXPECT_EQ(error_of<Failure>([&] { client.send({.url = url}, kNever); }),
            "cannot connect to " + url + ": Connection refused");
  // A full backlog drops what comes.
  ASSERT_EQ(listen(fd, 0), 0);
  std::vector<int> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connect(waiting.back(), reinterpret_cast<sockaddr*>(&address), size);
  }
  EXPECT_EQ(error_of<Failure>([&] { client.send({.url = url}, kNever); }),
            "no connection to " + url + " within 0.3 s");
  for (const int each : waiting) close(each);
  close(fd);
  EXPECT_EQ(error_of<Failure>([&] { client.send({.url = "http://nowhere.invalid:1/x"}, kNever); }),
            "cannot reach http://nowhere.invalid:1/x: Could not resolve host: nowhere.invalid");
}

TEST_F(HttpClient, HonoursNoOtherSchemeAndFollowsNoRedirect) {
  EXPECT_EQ(error_of<Failure>([&] {
              Client({}).send({.url = "file:///etc/passwd"}, kNever);
            }).substr(0, 46),
            "file:///etc/passwd does not speak HTTP: Protoc");
  serve(R"([{"status": 302, "headers": {"Location": "file:///etc/passwd"}}])");
  const Client client({});
  const Reply reply = client.send({.url = fixture->url()}, kNever);
  EXPECT_EQ(reply.status, 302);
  EXPECT_EQ(client.describe(reply),
            "answered 302 and redirects to file:///etc/passwd, which is not followed; name the "
            "right address");
  EXPECT_EQ(fixture->requests(), 1u);
}

TEST_F(HttpClient, TheEnvironmentNamesAProxyOnlyWhereItIsAskedTo) {
  serve("[]");
  for (const char* name : {"http_proxy", "all_proxy"}) setenv(name, fixture->url().c_str(), 1);
  unsetenv("no_proxy");
  Fixture other(kServer);
  EXPECT_EQ(Client({}).send({.url = other.url()}, kNever).status, 200);
  EXPECT_EQ(fixture->requests(), 0u);
  EXPECT_EQ(Client({.proxy = "environment"}).send({.url = other.url()}, kNever).status, 200);
  setenv("no_proxy", "*", 1);  // meant for the proxy of the environment, not for ours
  EXPECT_EQ(Client({.proxy = fixture->url()}).send({.url = other.url()}, kNever).status, 200);
  unsetenv("no_proxy");
  for (const char* name : {"http_proxy", "all_proxy"}) unsetenv(name);
  EXPECT_EQ(fixture->requests(), 2u);
  EXPECT_EQ(other.requests(), 1u);
  EXPECT_EQ(error_of<sdk::Error>([] { Client({.proxy = "socks5://me:s3cret@host"}); }),
            "proxy '…@host' is neither http nor https; write it like https://host:port");
}

TEST_F(HttpClient, TellsThatTheProxyIsAway) {
  serve("[]");
  const std::string proxy = fixture->url();
  fixture->end();
  EXPECT_EQ(error_of<Failure>([&] {
              Client({.proxy = proxy}).send({.url = "http://search:1/a?b=c"}, kNever);
            }).substr(0, 80),
            "cannot connect to http://search:1/a through the proxy: Failed to connect to 127.");
}

TEST_F(HttpClient, HearsHowLongToWait) {
  serve(R"([{"status": 429, "headers": {"Retry-After": "7"}}, {"status": 503}])");
  const Client client({});
  EXPECT_EQ(client.send({.url = fixture->url()}, kNever).retry_after, std::chrono::seconds(7));
  EXPECT_EQ(client.send({.url = fixture->url()}, kNever).retry_after, std::nullopt);
}

TEST_F(HttpClient, NoMessageTellsASecret) {
  serve(R"(["echo"])");
  const Client client({.user = "me", .password = "open sesame", .secrets = {"t0ken"}});
  const Reply reply = client.send(
      {.url = fixture->url(), .headers = {"X-Token: t0ken", "X-Other: open sesame"}}, kNever);
  EXPECT_NE(reply.body.find("bWU6b3BlbiBzZXNhbWU="), std::string::npos);
  const std::string said = client.describe(reply);
  EXPECT_NE(said.find("Authorization=Basic ***"), std::string::npos) << said;
  EXPECT_NE(said.find("X-Token=***  X-Other=***"), std::string::npos) << said;
  for (const char* secret : {"t0ken", "sesame", "bWU6"}) EXPECT_EQ(said.find(secret), said.npos);
}

TEST_F(HttpClient, NoMessageTellsASecretOfTheProxyOrHalfOfOne) {
  const Client client(
      {.proxy = "http://me:open%20sesame@proxy:3128", .secrets = {"abc", "abcdef"}});
  EXPECT_EQ(client.quote("open sesame, bWU6b3BlbiBzZXNhbWU=, abcdef, abcd"), "***, ***, ***, ***d");
}

TEST_F(HttpClient, QuotesShortlyAndOnOneLine) {
  const Client client({.secrets = {"s3cret"}});
  EXPECT_EQ(client.quote("a\r\n\x1b[31mb\x7f"), "a   [31mb ");
  EXPECT_EQ(client.quote("caf\xe9"), "café");
  EXPECT_EQ(client.quote(std::string(400, 'x')), std::string(400, 'x'));
  EXPECT_EQ(client.quote(std::string(399, 'x') + "üy"), std::string(399, 'x') + "ü…");
  // No half of a secret stays where the text is cut.
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "s3cret";
  EXPECT_EQ(client.quote(many).find_first_not_of("*…"), std::string::npos);
  EXPECT_EQ(client.quote(std::string(397, 'x') + "s3cret!"), std::string(397, 'x') + "***…");
}

TEST_F(HttpClient, FindsTheReasonInAnAnswer) {
  const Client client({});
  const auto said = [&](const char* body) {
    Reply reply;
    reply.status = 400;
    reply.body = body;
    return client.describe(reply);
  };
  EXPECT_EQ(said(R"({"error": {"type": "t", "reason": "r"}, "status": 400})"),
            "answered 400: t: r");
  EXPECT_EQ(said(R"({"error": {"message": "m"}})"), "answered 400: m");
  EXPECT_EQ(said(R"({"error": "e"})"), "answered 400: e");
  EXPECT_EQ(said(R"({"text": "No data", "code": 5})"), "answered 400: No data");
  EXPECT_EQ(said(R"({"error": {"type)"), "answered 400: {\"error\": {\"type");
  EXPECT_EQ(said("<html>\nno</html>"), "answered 400: <html> no</html>");
  EXPECT_EQ(said(""), "answered 400");
}

TEST_F(HttpClient, TakesNoLineBreaksIntoHeaders) {
  serve("[]");
  EXPECT_EQ(error_of<sdk::Error>([&] {
              Client({}).send({.url = fixture->url(), .headers = {"X: a\r\nEvil: s3cret"}}, kNever);
            }),
            "a header has a line break or another control character in it; write it on one line");
  EXPECT_EQ(error_of<sdk::Error>([] { Client({.password = "s3cret"}); }),
            "a password is given and no user; set both or neither");
  EXPECT_EQ(error_of<sdk::Error>([] { Client({.user = "a:b"}); }),
            "the name of the user has a colon in it, which Basic authentication forbids");
  EXPECT_EQ(fixture->requests(), 0u);
}

TEST_F(HttpClient, ServesManyThreadsAndKeepsConnections) {
  serve("[]");
  const Client client({});
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        good += client.send({.url = fixture->url(), .body = "x"}, kNever).status == 200;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
  const std::string state = fixture->state();
  EXPECT_LE(sdk::JsonView(state)["connections"].int_or(100), 5);
}

}  // namespace
}  // namespace stoq::http
