// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <time.h>

#include "collector.h"
#include "envelope.h"
#include "http/tests/connector.h"

namespace stoq::plugins::splunk {
namespace {

using test::refusal;

TEST(Epoch, IsTheLocalTimeOfTheResponse) {
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(epoch("2026-11-24T02:55:10"), "1795488910");
  EXPECT_EQ(epoch("2026-11-24T02:55:10.000250"), "1795488910.000250");
  setenv("TZ", "EST5", 1);
  tzset();
  EXPECT_EQ(epoch("2026-11-24T02:55:10"), "1795506910");
  setenv("TZ", "UTC", 1);
  tzset();
  for (const char* none :
       {"", "yesterday", "2026-11-24", "2026-11-24T02:55:10Z", "1912-01-01T00:00:00"})
    EXPECT_EQ(epoch(none), "") << none;
  EXPECT_EQ(epoch("2026-11-24T02:55:10."), "1795488910");
  EXPECT_EQ(epoch("2026-11-24T02:55:10.5}"), "1795488910");
}

TEST(Envelope, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(Envelope{}.around(R"({"a": 1})", "p", ""), R"({"event": {"a": 1}})");
  const Envelope all{"h", "s-{plugin}", "t", "i"};
  EXPECT_EQ(
      all.around("{}", "pe\"info", "1.5"),
      R"({"time": 1.5, "host": "h", "source": "s-pe\"info", "sourcetype": "t", "index": "i", )"
      R"("event": {}})");
}

TEST(CollectorAnswer, IsReadAsFarAsItGoes) {
  const CollectorAnswer good = parse_answer(R"({"text":"Success","code":0,"ackId":7})");
  EXPECT_EQ(good.code, 0);
  EXPECT_EQ(good.ack_id, 7);
  EXPECT_FALSE(good.invalid_event);
  const CollectorAnswer bad = parse_answer(R"({"code":6,"invalid-event-number":3})");
  EXPECT_EQ(bad.code, 6);
  EXPECT_EQ(bad.invalid_event, 3u);
  for (const char* none : {"", "[]", "<html>", R"({"code": "0"})", R"({"code": 0)"}) {
    const CollectorAnswer answer = parse_answer(none);
    EXPECT_TRUE(answer.code == -1 || std::string_view(none) == R"({"code": 0)") << none;
    EXPECT_FALSE(answer.ack_id || answer.invalid_event);
  }
  EXPECT_FALSE(parse_answer(R"({"code":6,"invalid-event-number":-1,"ackId":-5})").ack_id);
}

TEST(Collector, TakesItsAddressInEveryForm) {
  for (const char* url :
       {"https://h:8088", "https://h:8088/", "https://h:8088/services/collector",
        "https://h:8088/services/collector/event", "https://h:8088/services/collector/event/1.0"})
    EXPECT_EQ(Collector(url, "t", false, {}).url(), "https://h:8088") << url;
  EXPECT_EQ(Collector("https://h/splunk/services/collector", "t", false, {}).url(),
            "https://h/splunk");
}

TEST(SplunkOptions, BadOnesDoNotLoad) {
  const std::string url = "https://h:8088";
  EXPECT_EQ(refusal("splunk", {}),
            "url is not set; name the HTTP Event Collector, such as https://splunk.example:8088");
  EXPECT_EQ(
      refusal("splunk", {{"url", url}}),
      "token is not set; make one in Splunk under Settings, Data inputs, HTTP Event Collector");
  EXPECT_EQ(refusal("splunk", {{"url", "h:8088"}, {"token", "t"}}),
            "url 'h:8088' names no scheme; write it like https://host:port");
  EXPECT_EQ(refusal("splunk", {{"url", "https://me:s3cret@h"}, {"token", "t"}}),
            "url has a user in it; the collector knows tokens only: set token");
  EXPECT_EQ(refusal("splunk", {{"url", url}, {"token", "a\nb"}}),
            "token has a line break or another control character in it; write it on one line");
  EXPECT_EQ(refusal("splunk", {{"url", url}, {"token", "t"}, {"sourcetype", "stoq:{plugin}"}}),
            "sourcetype 'stoq:{plugin}' needs split = true for its {plugin}");
  EXPECT_NE(
      refusal("splunk", {{"url", url}, {"token", "t"}, {"max_retries", "-1"}}).find("max_retries"),
      std::string::npos);
  EXPECT_EQ(refusal("splunk", {{"url", url}, {"token", "Splunk t"}}), "");
}

}  // namespace
}  // namespace stoq::plugins::splunk
