// SPDX-License-Identifier: Apache-2.0
//
// Servers that are away, slow, busy, broken or of another opinion.
#include <thread>

#include "es_fixture.h"
#include "stoq/sdk/json.h"

namespace stoq::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

// Up to where times are told.
std::string head(const std::string& text) {
  return text.substr(0, text.rfind(" in "));
}

TEST_F(EsSearchTest, TriesAgainWhatMayPass) {
  serve(R"([{"status": 503}, {"status": 429}, "close", "reset", "truncate", {"status": 500}])");
  EXPECT_EQ(save(response_text(2), {{"split", "1"}}), "");
  EXPECT_EQ(state()["requests"].size(), 7u);
  EXPECT_EQ(documents().size(), 4u);
}

TEST_F(EsSearchTest, TellsHowOftenItTried) {
  serve(
      R"([{"status": 503, "body": "<h1>no server\nis available</h1>"}, {"status": 503}, {"status": 503,
    "body": {"error": {"type": "cluster_block_exception", "reason": "no master"}, "status": 503}}])");
  const std::string error = save(response_text(1), {{"es_max_retries", "2"}});
  EXPECT_EQ(head(error),
            kError + kPath + " answered 503: cluster_block_exception: no master (3 tries");
  EXPECT_NE(error.find("; more are not allowed)"), std::string::npos) << error;
  EXPECT_EQ(documents().size(), 0u);
}

TEST_F(EsSearchTest, WithoutEsRetryThereIsOneTry) {
  serve(R"([{"status": 503}])");
  EXPECT_EQ(head(save(response_text(1), {{"es_retry", "no"}})),
            kError + kPath + " answered 503 (1 try");
  EXPECT_EQ(state()["requests"].size(), 1u);
}

TEST_F(EsSearchTest, WaitsAsLongAsItIsAskedTo) {
  serve(R"([{"status": 429, "headers": {"Retry-After": "1"}}])");
  const auto start = Clock::now();
  EXPECT_EQ(save(response_text(1)), "");
  EXPECT_GE(Clock::now() - start, seconds(1));
  EXPECT_LT(Clock::now() - start, seconds(10));
}

TEST_F(EsSearchTest, GivesUpAtOnceWhenThePauseIsTooLong) {
  serve(R"([{"status": 429, "headers": {"Retry-After": "3600"}}])");
  const auto plugin = connector();
  plugin->answer.grant(seconds(20));
  const auto start = Clock::now();
  const std::string error = shown(plugin->save(response_text(1)));
  EXPECT_LT(Clock::now() - start, seconds(5));
  EXPECT_EQ(head(error), kError + kPath + " answered 429 (1 try");
  EXPECT_NE(error.find("; the server asked for a pause of 3600 s, and only 1"), std::string::npos);
}

TEST_F(EsSearchTest, NobodyThere) {
  serve("[]");
  const auto plugin = connector({{"es_max_retries", "3"}});
  server->end();
  EXPECT_EQ(head(shown(plugin->save(response_text(1)))),
            kError + "cannot connect to " + kPath + ": Connection refused (4 tries");
}

TEST_F(EsSearchTest, AServerThatHangsCostsTheTimeThatItMay) {
  serve(R"(["hang", "trickle"])");
  const auto plugin = connector({{"es_timeout", "0.3"}, {"es_max_retries", "1"}});
  const auto start = Clock::now();
  const std::string error = shown(plugin->save(response_text(1)));
  EXPECT_EQ(error.substr(0, error.find(" tries")),
            kError + "no whole answer from " + kPath + " within 0.3 s (2");
  EXPECT_LT(Clock::now() - start, seconds(10));
}

TEST_F(EsSearchTest, EndsBeforeItsDeadline) {
  serve(R"(["hang"])");
  const auto plugin = connector();
  plugin->answer.grant(std::chrono::milliseconds(1000));
  const std::string error = shown(plugin->save(response_text(1)));
  EXPECT_GT(plugin->answer.time_left(), 0);
  EXPECT_NE(error.find("no whole answer from URL"), std::string::npos) << error;
  EXPECT_NE(error.find("; no time is left for another)"), std::string::npos) << error;
}

TEST_F(EsSearchTest, IsCalledOff) {
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

TEST_F(EsSearchTest, AnswersThatAreNoneAreToldAndNotTriedAgain) {
  serve(R"(["page", "garbage", {"status": 200}, {"status": 200, "body": {"items": []}},
    {"status": 200, "body": {"errors": false, "items": [{"create": {"status": 201}}, {"create": {"status": 201}}]}},
    {"status": 200, "body": {"errors": false, "items": [{"create": {"ok": true}}]}}])");
  const auto plugin = connector();
  const auto error = [&] { return shown(plugin->save(response_text(1))); };
  EXPECT_EQ(error(), kError +
                         "URL gave no answer of _bulk for 1 document, but: <html> <b>please "
                         "log in</b></html>");
  EXPECT_EQ(error(), kError + kPath + " does not speak HTTP: Received HTTP/0.9 when not allowed");
  EXPECT_EQ(error(), kError + "URL gave no answer of _bulk for 1 document, but: ");
  EXPECT_EQ(error(), kError + "URL gave no answer of _bulk for 1 document, but: {\"items\": []}");
  EXPECT_EQ(error().substr(0, 79),
            kError + "URL gave no answer of _bulk for 1 document, but: {\"errors\"");
  EXPECT_EQ(error().substr(0, 79),
            kError + "URL gave no answer of _bulk for 1 document, but: {\"errors\"");
  EXPECT_EQ(state()["requests"].size(), 6u);
  EXPECT_EQ(error(), "");
}

TEST_F(EsSearchTest, AnEndlessAnswerIsCut) {
  serve(R"(["flood"])");
  EXPECT_EQ(save(response_text(1)),
            kError +
                "URL gave an answer of more than 67108864 bytes, of which the rest was not "
                "read; set a lower bulk_size");
}

TEST_F(EsSearchTest, RefusalsAreNotTriedAgain) {
  serve(
      R"([{"status": 400, "body": {"error": {"type": "t", "reason": "r"}}}, {"status": 403}, {"status": 404},
    {"status": 406}, {"status": 301, "headers": {"Location": "https://elsewhere/"}}])");
  const auto plugin = connector();
  const auto error = [&] { return shown(plugin->save(response_text(1))); };
  EXPECT_EQ(error(), kError + "URL answered 400: t: r");
  EXPECT_EQ(error(), kError +
                         "URL answered 403; give that user the right to create documents and "
                         "indices of that name");
  EXPECT_EQ(error(),
            kError + "URL answered 404; does es_host name the server and its path rightly?");
  EXPECT_EQ(error(), kError + "URL answered 406; is that Elasticsearch 7, OpenSearch 1 or later?");
  EXPECT_EQ(error(), kError +
                         "URL answered 301 and redirects to https://elsewhere/, which is not "
                         "followed; name the right address");
  EXPECT_EQ(state()["requests"].size(), 5u);
}

TEST_F(EsSearchTest, SendsAgainOnlyWhatWasNotTaken) {
  serve(R"([{"within": {"items": {"1": [429, "queue is full"], "3": [503, "no shard"]}}},
            {"within": {"items": {"0": [429, "queue is full"]}}}])");
  EXPECT_EQ(save(response_text(2), {{"split", "1"}}), "");
  EXPECT_EQ(documents().size(), 4u);
  const Tree requests = state()["requests"];
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_LT(requests[1]["size"], requests[0]["size"]);
  EXPECT_LT(requests[2]["size"], requests[1]["size"]);
}

TEST_F(EsSearchTest, TellsWhatIsBusyAllTheTime) {
  std::string plan = "[";
  for (int i = 0; i < 3; ++i)
    plan += std::string(i ? ", " : "") + R"({"within": {"items": {"0": [429, "queue is full"]}}})";
  serve(plan + "]");
  const std::string error = save(response_text(2), {{"split", "1"}, {"es_max_retries", "2"}});
  EXPECT_EQ(head(error), kError +
                             "URL was too busy for 1 document: 429 scripted_exception: queue is "
                             "full (3 tries");
  EXPECT_EQ(documents().size(), 3u);
}

TEST_F(EsSearchTest, NamesWhatIsRefusedAndSavesTheRest) {
  serve(R"([{"within": {"items": {"1": [400, "failed to parse field"], "2": [429, "full"]}}}])");
  EXPECT_EQ(save(response_text(2), {{"split", "1"}}),
            kError + "1 of 4 documents was refused for good, 3 saved: " + kId +
                ".1: 400 scripted_exception: failed to parse field");
  EXPECT_EQ(documents().size(), 3u);
}

TEST_F(EsSearchTest, NamesSomeOfManyRefusals) {
  serve("[]", {"--indices", "stoq-hash"});
  const std::string error =
      save(response_text(10), {{"split", "1"}, {"es_index", "stoq-{plugin}"}});
  EXPECT_EQ(error.substr(0, 220),
            (kError + "10 of 20 documents were refused for good, 10 saved: " + kId +
             ".1: 404 index_not_found_exception: no such index [stoq-pe_info] and "
             "[action.auto_create_index] is [false]; " +
             kId + ".3: 404")
                .substr(0, 220));
  EXPECT_TRUE(error.ends_with("; and 5 more")) << error;
  EXPECT_EQ(documents("stoq-hash").size(), 10u);
}

TEST_F(EsSearchTest, TellsRefusalsTogetherWithWhatCameAfterThem) {
  serve(R"([{"within": {"items": {"0": [400, "bad"], "1": [429, "full"]}}}, {"status": 401}])");
  EXPECT_EQ(save(response_text(1), {{"split", "1"}}),
            kError +
                "URL answered 401; set username and password, or api_key; before that, 1 of 2 "
                "documents was refused for good, 0 saved: " +
                kId + ".0: 400 scripted_exception: bad");
}

TEST_F(EsSearchTest, AnotherNodeTakesOver) {
  serve("[]");
  Fixture away(STOQ_BULK_SERVER);
  const std::string gone = away.host();
  away.end();
  const auto plugin =
      connector({{"es_host", gone + ", " + server->host()}, {"es_max_retries", "1"}});
  EXPECT_EQ(plugin->save(response_text(1)), "");
  EXPECT_EQ(plugin->save(response_text(1)), "");
  EXPECT_EQ(documents().size(), 1u);
}

TEST_F(EsSearchTest, NoErrorTellsASecret) {
  serve(R"(["echo", "echo"])");
  const std::string basic = save(response_text(1), {{"username", "me"}, {"password", "s3same"}});
  EXPECT_NE(basic.find("Authorization=Basic ***"), std::string::npos) << basic;
  const std::string key = save(response_text(1), {{"api_key", "s3same"}});
  EXPECT_NE(key.find("Authorization=ApiKey ***"), std::string::npos) << key;
  EXPECT_EQ((basic + key).find("s3same"), std::string::npos);
}

}  // namespace
}  // namespace stoq::test
