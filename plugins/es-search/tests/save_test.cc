// SPDX-License-Identifier: Apache-2.0
//
// What arrives, and where.
#include "es_fixture.h"
#include "http/tests/certificate.h"

namespace stoq::test {
namespace {

TEST_F(EsSearchTest, SavesTheResponseUnderItsScanId) {
  serve("[]");
  const std::string response = response_text(3);
  EXPECT_EQ(save(response), "");
  const Tree all = documents();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[kId], Tree::parse(response));
  const Tree requests = state()["requests"];
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0]["headers"]["Content-Type"], "application/x-ndjson");
  EXPECT_EQ(requests[0]["headers"].contains("Authorization"), false);
}

TEST_F(EsSearchTest, ASecondSaveMakesNoDuplicate) {
  serve("[]");
  const auto plugin = connector({{"split", "yes"}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(plugin->save(response_text(4)), "");
  EXPECT_EQ(documents().size(), 8u);
}

TEST_F(EsSearchTest, SplitGivesADocumentForEachResult) {
  serve("[]");
  EXPECT_EQ(save(response_text(2), {{"split", "true"}}), "");
  const Tree all = documents();
  ASSERT_EQ(all.size(), 4u);
  const Tree& second = all[kId + ".1"];
  EXPECT_EQ(second["results"].size(), 1u);
  EXPECT_EQ(second["results"][0]["payload_id"], "payload-0");
  EXPECT_EQ(second["results"][0]["workers"].dump(), R"([{"PE Info":{"text":"Müller \" \n"}}])");
  EXPECT_EQ(all[kId + ".2"]["results"][0]["workers"][0]["hash"]["n"], 1);
}

TEST_F(EsSearchTest, EachPluginMayHaveAnIndex) {
  serve("[]");
  EXPECT_EQ(save(response_text(3), {{"split", "true"}, {"es_index", "stoq-{plugin}"}}), "");
  EXPECT_EQ(documents("stoq-hash").size(), 3u);
  EXPECT_EQ(documents("stoq-pe_info").size(), 3u);
  EXPECT_EQ(state()["requests"].size(), 1u);
}

TEST_F(EsSearchTest, TheMonthIsThatOfTheScan) {
  serve("[]");
  StoqResponse r;
  r.scan_id = kId;
  std::string response = r.dumps(0);
  const size_t at = response.find("\"time\": \"") + 9;
  response.replace(at, 7, "2019-07");
  EXPECT_EQ(save(response, {{"index_by_month", "yes"}}), "");
  EXPECT_EQ(documents("stoq-2019-07").size(), 1u);
}

TEST_F(EsSearchTest, LongResponsesGoInBulks) {
  serve("[]", {"--max-bytes", "70000"});
  EXPECT_EQ(
      save(response_text(300, std::string(1000, 'x')), {{"split", "1"}, {"bulk_size", "64KiB"}}),
      "");
  EXPECT_EQ(documents().size(), 600u);
  size_t largest = 0;
  const Tree all = state();
  for (const Tree& request : all["requests"]) largest = std::max<size_t>(largest, request["size"]);
  EXPECT_LE(largest, 70'000u);
  EXPECT_GT(largest, 60'000u);
}

TEST_F(EsSearchTest, TooLongABulkIsHalved) {
  serve("[]", {"--max-bytes", "20000"});
  EXPECT_EQ(save(response_text(50, std::string(1000, 'x')), {{"split", "1"}}), "");
  EXPECT_EQ(documents().size(), 100u);
}

TEST_F(EsSearchTest, AnOversizeDocumentAloneIsLeftOut) {
  serve("[]", {"--max-bytes", "20000"});
  StoqResponse r;
  r.scan_id = kId;
  r.results.resize(3);
  for (size_t i = 0; i < 3; ++i) {
    r.results[i].payload_id = std::to_string(i);
    r.results[i].workers = {{{"hash", Json(std::string(i == 1 ? 30'000 : 10, 'y'))}}};
  }
  const std::string error = save(r.dumps(0), {{"split", "1"}});
  EXPECT_EQ(documents().size(), 2u);
  EXPECT_EQ(error.substr(0, error.find("its ")),
            kError + "1 of 3 documents was refused for good, 2 saved: " + kId + ".1: 413 ");
  EXPECT_NE(error.find(" bytes are more than the server takes at once (http.max_content_length)"),
            std::string::npos);
}

TEST_F(EsSearchTest, ALongBodyIsRefusedBeforeItIsSent) {
  serve("[]", {"--max-bytes", "100000"});
  const std::string error = save(response_text(1, std::string(3 << 20, 'x')));
  EXPECT_NE(error.find("413 its 3146"), std::string::npos) << error;
  const Tree requests = state()["requests"];
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0]["size"], 0);
}

TEST_F(EsSearchTest, ProvesWhoItIs) {
  serve("[]", {"--user", "me:open sesame"});
  EXPECT_EQ(save(response_text(1), {{"username", "me"}, {"password", "open sesame"}}), "");
  EXPECT_EQ(save(response_text(1), {{"es_options", R"({"http_auth": "me:open sesame"})"}}), "");
  EXPECT_EQ(save(response_text(1), {{"es_options", R"({"http_auth": ["me", "open sesame"]})"}}),
            "");
  EXPECT_EQ(save(response_text(1), {{"es_host", "http://me:open%20sesame@" + server->host()}}), "");
  EXPECT_EQ(save(response_text(1)),
            kError +
                "URL answered 401: security_exception: missing authentication credentials for "
                "REST request [/_bulk" +
                kQuery + "]; set username and password, or api_key");
  const std::string error = save(response_text(1), {{"username", "me"}, {"password", "s3same"}});
  EXPECT_EQ(error, kError +
                       "URL answered 401: security_exception: unable to authenticate user; set "
                       "username and password, or api_key");
}

TEST_F(EsSearchTest, KnowsApiKeys) {
  serve("[]", {"--user", "a2V5Og=="});
  EXPECT_EQ(save(response_text(1), {{"api_key", "a2V5Og=="}}), "");
  EXPECT_EQ(save(response_text(1), {{"es_options", R"({"api_key": "a2V5Og=="})"}}), "");
}

TEST_F(EsSearchTest, SpeaksTlsWithWhomItTrusts) {
  if (!Certificate::possible()) GTEST_SKIP() << "openssl is not installed";
  const Certificate certificate("IP:127.0.0.1");
  serve("[]", {"--tls", certificate.pem()});
  const auto saved = [&](OptionList options) {
    options.emplace_back("es_host", server->url("https"));
    std::string text = save(response_text(1), std::move(options));
    const std::string url = server->url("https");
    if (const size_t at = text.find(url); at != text.npos) text.replace(at, url.size(), "URL");
    return text;
  };
  EXPECT_EQ(saved({{"ca_file", certificate.trusted()}}), "");
  EXPECT_EQ(saved({{"es_options", R"({"ca_certs": ")" + certificate.trusted() + R"("})"}}), "");
  EXPECT_EQ(saved({{"verify_tls", "no"}}), "");
  EXPECT_EQ(saved({{"es_options", R"({"verify_certs": false})"}}), "");
  EXPECT_EQ(saved({}), kError + "no trusted TLS connection to " + kPath +
                           ": SSL certificate problem: self-signed certificate");
}

TEST_F(EsSearchTest, AResponseThatIsNoneIsAnError) {
  serve("[]");
  EXPECT_EQ(save("{}"),
            kError + "what is to be saved is no response: it has no results or no scan_id");
  StoqResponse r;
  r.scan_id = std::string(600, 'x');
  EXPECT_EQ(save(r.dumps(0)), kError + "the scan_id is too long to be the id of a document");
}

}  // namespace
}  // namespace stoq::test
