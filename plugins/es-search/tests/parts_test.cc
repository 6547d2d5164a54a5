// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "bulk.h"
#include "cluster.h"
#include "http/tests/connector.h"
#include "index_name.h"
#include "stoq/sdk/views.h"
#include "support/temporary_directory.h"

namespace stoq::plugins::es_search {
namespace {

using test::error_of;
using test::refusal;

TEST(IndexName, KnowsTheRules) {
  for (const char* good : {"stoq", "stoq-2026.11", "a", "größe", ".stoq", "1"})
    EXPECT_EQ(index_problem(good), "") << good;
  EXPECT_EQ(index_problem(""), "it is empty");
  EXPECT_EQ(index_problem(std::string(256, 'x')), "it is longer than 255 bytes");
  for (const char* bad : {"_stoq", "-stoq", "+stoq", ".", ".."})
    EXPECT_EQ(index_problem(bad), "it begins with -, _ or +, or is a dot or two") << bad;
  EXPECT_EQ(index_problem("Stoq"), "it must be lower case");
  for (const char* bad : {"a b", "a\\b", "a/b", "a*b", "a?b", "a\"b", "a<b", "a>b", "a|b", "a,b",
                          "a#b", "a:b", "a\nb"})
    EXPECT_EQ(index_problem(bad), R"(a blank and \ / * ? " < > | , # : are not allowed in it)")
        << bad;
}

TEST(IndexName, IsMadeFromPluginAndMonth) {
  const IndexName name("stoq-{plugin}", true, true);
  EXPECT_EQ(name.of("PE Info", "2026-11-24T02:55:10"), "stoq-pe_info-2026-11");
  EXPECT_EQ(name.of("a/b:c", "2026-11-24T02:55:10"), "stoq-a_b_c-2026-11");
  EXPECT_EQ(IndexName("stoq", false, false).of("hash", "2026-11-24T02:55:10"), "stoq");
  const IndexName monthly("stoq", true, false);
  for (const char* none : {"", "yesterday", "2026/11/24", "2026-1x-01"}) {
    const std::string index = monthly.of("hash", none);
    EXPECT_EQ(index.size(), 12u) << index;
    EXPECT_EQ(index.substr(0, 7), "stoq-20") << index;
  }
}

TEST(Bulk, IsTwoLinesADocument) {
  Bulk bulk;
  EXPECT_TRUE(bulk.empty());
  bulk.add("i", "one", "{}");
  bulk.add("i", "t\"wo", R"({"a": 1})");
  bulk.add("j", "three", "{}");
  EXPECT_EQ(bulk.body(0, 1), "{\"create\": {\"_index\": \"i\", \"_id\": \"one\"}}\n{}\n");
  EXPECT_EQ(bulk.body(1, 2),
            "{\"create\": {\"_index\": \"i\", \"_id\": \"t\\\"wo\"}}\n{\"a\": 1}\n");
  EXPECT_EQ(bulk.body(0, 3).size(), bulk.size());
  Bulk other;
  other.add(bulk, 2);
  EXPECT_EQ(other.body(0, 1), bulk.body(2, 3));
  EXPECT_EQ(other.id(0), "three");
}

TEST(BulkAnswer, IsOneForEachDocument) {
  const auto answers = parse_answer(
      R"({"errors": true, "items": [{"create": {"status": 201}}, {"create": {"status": 400, "error":
      {"type": "document_parsing_exception", "reason": "failed", "caused_by": {"reason": "not an ip"}}}},
      {"index": {"status": 429, "error": "old text"}}]})",
      3);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].status, 201);
  EXPECT_EQ(answers[0].reason, "");
  EXPECT_EQ(answers[1].reason, "document_parsing_exception: failed: not an ip");
  EXPECT_EQ(answers[2].status, 429);
  EXPECT_EQ(answers[2].reason, "old text");
}

TEST(BulkAnswer, OfAnotherShapeIsNone) {
  for (const char* text :
       {"", "[]", "{}", R"({"items": 3})", R"({"items": []})", R"({"items": [{}]})",
        R"({"items": [3]})", R"({"items": [{"create": {"status": "201"}}]})",
        R"({"items": [{"create": {"status": 201}}, {"create": {"status": 201}}]})",
        R"({"items": [{"create": {"status": 201)"})
    EXPECT_TRUE(parse_answer(text, 1).empty()) << text;
}

struct Made {
  std::vector<std::string> nodes, headers, warnings;
  http::Settings settings;
};
Made made(ClusterOptions options) {
  Made m;
  if (options.es_options.empty()) options.es_options = R"({"port": 9200})";
  const Cluster cluster(options, m.settings,
                        [&](std::string_view line) { m.warnings.emplace_back(line); });
  m.nodes = cluster.nodes();
  m.headers = cluster.headers();
  return m;
}

TEST(Cluster, MakesAddresses) {
  using List = std::vector<std::string>;
  EXPECT_EQ(made({.hosts = {"localhost"}}).nodes, List{"http://localhost:9200"});
  EXPECT_EQ(
      made({.hosts = {"a", "b:1", "[::1]", "https://c", "http://d/p", "https://e:9243/"}}).nodes,
      (List{"http://a:9200", "http://b:1", "http://[::1]:9200", "https://c", "http://d:9200/p",
            "https://e:9243"}));
  EXPECT_EQ(
      made({.hosts = {"a"}, .es_options = R"({"port": 443, "use_ssl": true, "url_prefix": "es"})"})
          .nodes,
      List{"https://a:443/es"});
}

TEST(Cluster, ReadsTheOptionsOfThePythonClient) {
  const Made m =
      made({.hosts = {"a"}, .es_options = R"({"verify_certs": false, "ca_certs": "/ca.pem",
      "http_auth": ["me", "a:b"], "sniff_on_start": true})"});
  EXPECT_FALSE(m.settings.verify_tls);
  EXPECT_EQ(m.settings.ca_file, "/ca.pem");
  EXPECT_EQ(m.settings.user, "me");
  EXPECT_EQ(m.settings.password, "a:b");
  EXPECT_EQ(m.warnings, std::vector<std::string>{
                            "es_options: sniff_on_start has no meaning here and is ignored"});
}

TEST(Cluster, OurOptionsWin) {
  const Made m = made({.hosts = {"http://x:y@a"},
                       .es_options = R"({"http_auth": "me:pw"})",
                       .username = "you",
                       .password = "other"});
  EXPECT_EQ(m.settings.user, "you");
  EXPECT_EQ(m.settings.password, "other");
  const Made key =
      made({.hosts = {"a"}, .es_options = R"({"http_auth": "me:pw"})", .api_key = "k"});
  EXPECT_EQ(key.settings.user, "");
  EXPECT_EQ(key.headers, std::vector<std::string>{"Authorization: ApiKey k"});
}

TEST(Cluster, SaysWhatIsWrongWithOptions) {
  const auto error = [](const char* options) {
    return error_of<sdk::Error>([&] { made({.hosts = {"a"}, .es_options = options}); });
  };
  EXPECT_EQ(error("[]"), R"(es_options must be a JSON object such as {"port": 9200})");
  EXPECT_EQ(error(R"({"port": 0})"), "es_options: port must be a number from 1 to 65535");
  EXPECT_EQ(error(R"({"use_ssl": "yes"})"), "es_options: use_ssl must be true or false");
  EXPECT_EQ(error(R"({"http_auth": "me"})"),
            R"(es_options: http_auth must be "user:password" or ["user", "password"])");
  EXPECT_EQ(error(R"({"scheme": "ftp"})"),
            "es_host 'ftp://a' is neither http nor https; write it like https://host:port");
  EXPECT_EQ(error_of<sdk::Error>([] { made({.hosts = {}}); }),
            "es_host is empty; name a server, such as localhost or https://search:9200");
  EXPECT_EQ(error_of<sdk::Error>([] { made({.hosts = {"a"}, .api_key = "a\nb"}); }),
            "api_key has a line break or another control character in it; write it on one line");
}

TEST(EsSearchOptions, BadOnesDoNotLoad) {
  EXPECT_EQ(refusal("es-search", {{"es_index", "Stoq"}}),
            "es_index 'Stoq' cannot be the name of an index: it must be lower case");
  EXPECT_EQ(refusal("es-search", {{"es_index", "a-{plugin}"}}),
            "es_index 'a-{plugin}' needs split = true for its {plugin}");
  EXPECT_EQ(refusal("es-search", {{"es_host", "file:///etc"}}),
            "es_host 'file:///etc' is neither http nor https; write it like https://host:port");
  EXPECT_EQ(refusal("es-search", {{"proxy", "nowhere"}}),
            "proxy 'nowhere' names no scheme; write it like https://host:port");
  EXPECT_NE(refusal("es-search", {{"es_options", "{\"port\": 9200"}}).find("es_options"),
            std::string::npos);
  EXPECT_NE(refusal("es-search", {{"es_timeout", "never"}}).find("es_timeout"), std::string::npos);
  EXPECT_EQ(refusal("es-search", {}), "");
}

}  // namespace
}  // namespace stoq::plugins::es_search
