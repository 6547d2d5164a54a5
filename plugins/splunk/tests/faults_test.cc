// SPDX-License-Identifier: Apache-2.0
//
// Collectors that are away, slow, busy, broken or of another opinion.
#include <thread>

#include "splunk_fixture.h"

namespace stoq::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

const std::string kPath = "URL/services/collector/event";

// Up to where times are told.
std::string head(const std::string& text) {
  return text.substr(0, text.rfind(" in "));
}

TEST_F(SplunkTest, TriesAgainWhatMayPass) {
  serve(R"([{"within": {"code": 9}}, {"within": {"code": 8}}, {"status": 429}, "close", "reset"])");
  EXPECT_EQ(save(response_text(2), {{"split", "1"}}), "");
  EXPECT_EQ(state()["requests"].size(), 6u);
  EXPECT_EQ(events().size(), 4u);
}

TEST_F(SplunkTest, TellsHowOftenItTried) {
  serve(R"([{"within": {"code": 9}}, {"within": {"code": 9}}, {"within": {"code": 8}}])");
  EXPECT_EQ(head(save(response_text(1), {{"max_retries", "1"}})),
            kError + kPath + " answered 503: Server is busy (2 tries");
  EXPECT_EQ(head(save(response_text(1), {{"max_retries", "0"}})),
            kError + kPath + " answered 500: Internal server error (1 try");
  EXPECT_EQ(state()["requests"].size(), 3u);
}

TEST_F(SplunkTest, WaitsAsLongAsItIsAskedTo) {
  serve(R"([{"status": 503, "headers": {"Retry-After": "1"}}])");
  const auto start = Clock::now();
  EXPECT_EQ(save(response_text(1)), "");
  EXPECT_GE(Clock::now() - start, seconds(1));
}

TEST_F(SplunkTest, NobodyThere) {
  serve("[]");
  const auto plugin = connector({{"max_retries", "2"}});
  server->end();
  EXPECT_EQ(head(shown(plugin->save(response_text(1)))),
            kError + "cannot connect to " + kPath + ": Connection refused (3 tries");
}

TEST_F(SplunkTest, ACollectorThatHangsCostsTheTimeThatItMay) {
  serve(R"(["hang", "trickle"])");
  const auto start = Clock::now();
  EXPECT_EQ(head(save(response_text(1), {{"timeout", "0.3"}, {"max_retries", "1"}})),
            kError + "no whole answer from " + kPath + " within 0.3 s (2 tries");
  EXPECT_LT(Clock::now() - start, seconds(10));
}

TEST_F(SplunkTest, IsCalledOff) {
  serve(R"(["hang"])");
  const auto plugin = connector();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    plugin->answer.cancel = true;
  });
  EXPECT_EQ(shown(plugin->save(response_text(1))),
            kError + "the request to " + kPath + " was cancelled");
  later.join();
}

TEST_F(SplunkTest, AnswersThatAreNoneAreTold) {
  serve(
      R"(["page", "garbage", {"status": 200}, "flood", {"status": 200, "body": {"text": "Success"}}])");
  const auto plugin = connector();
  const auto error = [&] { return shown(plugin->save(response_text(1))); };
  const std::string none =
      kError + "URL gave no answer of the HTTP Event Collector for 1 event, but: ";
  EXPECT_EQ(error(), none + "<html> <b>please log in</b></html>");
  EXPECT_EQ(error(), kError + kPath + " does not speak HTTP: Received HTTP/0.9 when not allowed");
  EXPECT_EQ(error(), none);
  EXPECT_EQ(error(), none + std::string(400, 'x') + "…");
  EXPECT_EQ(error(), none + R"({"text": "Success"})");
  EXPECT_EQ(error(), "");
}

TEST_F(SplunkTest, RefusalsAreNotTriedAgain) {
  serve(
      R"([{"within": {"code": 1}}, {"within": {"code": 4}}, {"within": {"code": 5}}, {"within": {"code": 6}},
    {"within": {"code": 10}}, {"status": 404}, {"status": 301, "headers": {"Location": "https://elsewhere/"}}])");
  const auto plugin = connector();
  const auto error = [&] { return shown(plugin->save(response_text(1))); };
  EXPECT_EQ(error(), kError + "URL answered 403: Token disabled; enable the token in Splunk");
  EXPECT_EQ(error(),
            kError + "URL answered 403: Invalid token; set token to one that this Splunk knows");
  EXPECT_EQ(error(), kError + "URL answered 400: No data");
  EXPECT_EQ(error(), kError + "URL answered 400: Invalid data format");
  EXPECT_EQ(error(), kError +
                         "URL answered 400: Data channel is missing; that token asks for "
                         "acknowledgement: set ack = true");
  EXPECT_EQ(error(), kError + "URL answered 404; does url name the HTTP Event Collector?");
  EXPECT_EQ(error(), kError +
                         "URL answered 301 and redirects to https://elsewhere/, which is not "
                         "followed; name the right address");
  EXPECT_EQ(state()["requests"].size(), 7u);
}

TEST_F(SplunkTest, AWrongTokenIsSaid) {
  serve("[]", {"--token", "another"});
  const std::string error = save(response_text(1));
  EXPECT_EQ(error,
            kError + "URL answered 403: Invalid token; set token to one that this Splunk knows");
}

TEST_F(SplunkTest, NamesTheEventThatIsRefusedAndSendsTheRest) {
  serve("[]", {"--indices", "i-hash"});
  EXPECT_EQ(save(response_text(2), {{"split", "1"}, {"index", "i-{plugin}"}}),
            kError +
                "2 events were refused for good, 2 taken: event 1: answered 400: Incorrect "
                "index; create that index, and allow it to the token; event 3: answered 400: "
                "Incorrect index; create that index, and allow it to the token");
  const Tree all = events();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["event"]["results"][0]["payload_id"], "payload-0");
  EXPECT_EQ(all[1]["event"]["results"][0]["payload_id"], "payload-1");
}

TEST_F(SplunkTest, DoesNotGoOnWhenAllIsRefused) {
  serve("[]", {"--indices", "none"});
  const std::string error = save(response_text(50), {{"split", "1"}, {"index", "main"}});
  EXPECT_TRUE(error.starts_with(kError +
                                "URL refuses event after event; before that, 20 events were "
                                "refused for good, 0 taken: event 0: answered 400: "
                                "Incorrect index; create that index, and allow it to the "
                                "token; event 1: answered"))
      << error;
  EXPECT_TRUE(error.ends_with("; and 15 more"));
  EXPECT_EQ(state()["requests"].size(), 20u);
}

TEST_F(SplunkTest, FailsInTheMiddleWithWhatIsKnown) {
  serve(R"([null, {"status": 403}])");
  EXPECT_EQ(
      save(response_text(30, std::string(1000, 'x')), {{"split", "1"}, {"batch_size", "20000"}}),
      kError + "URL answered 403; set token to one that this Splunk knows");
  EXPECT_EQ(state()["requests"].size(), 2u);
}

TEST_F(SplunkTest, NoErrorTellsTheToken) {
  serve(R"(["echo"])");
  const std::string error = save(response_text(1));
  EXPECT_NE(error.find("Authorization=Splunk ***"), std::string::npos) << error;
  EXPECT_EQ(error.find(kToken), std::string::npos);
}

}  // namespace
}  // namespace stoq::test
