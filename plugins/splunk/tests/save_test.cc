// SPDX-License-Identifier: Apache-2.0
//
// What arrives, and in what envelope.
#include <unistd.h>

#include "http/tests/certificate.h"
#include "splunk_fixture.h"

namespace stoq::test {
namespace {

TEST_F(SplunkTest, SavesTheResponseAsAnEvent) {
  serve("[]");
  StoqResponse r;
  r.scan_id = "the-id";
  r.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'764'000'000'250));
  EXPECT_EQ(save(r.dumps(0)), "");
  const Tree all = events();
  ASSERT_EQ(all.size(), 1u);
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  EXPECT_EQ(all[0]["time"].dump(), "1764000000.25");
  EXPECT_EQ(all[0]["host"], name);
  EXPECT_EQ(all[0]["source"], "stoq");
  EXPECT_EQ(all[0]["sourcetype"], "stoq");
  EXPECT_FALSE(all[0].contains("index"));
  EXPECT_EQ(all[0]["event"], Tree::parse(r.dumps(0)));
  const Tree requests = state()["requests"];
  EXPECT_EQ(requests[0]["path"], "/services/collector/event");
  EXPECT_EQ(requests[0]["headers"]["Authorization"], "Splunk " + kToken);
  EXPECT_FALSE(requests[0]["headers"].contains("X-Splunk-Request-Channel"));
}

TEST_F(SplunkTest, TheEnvelopeSaysWhatOptionsSay) {
  serve("[]", {"--indices", "stoq-hash,stoq-PE Info"});
  EXPECT_EQ(save(response_text(2), {{"split", "true"},
                                    {"host", "sensor"},
                                    {"source", "scan"},
                                    {"sourcetype", "stoq:{plugin}"},
                                    {"index", "stoq-{plugin}"}}),
            "");
  const Tree all = events();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0]["host"], "sensor");
  EXPECT_EQ(all[0]["source"], "scan");
  EXPECT_EQ(all[0]["sourcetype"], "stoq:hash");
  EXPECT_EQ(all[1]["sourcetype"], "stoq:PE Info");
  EXPECT_EQ(all[1]["index"], "stoq-PE Info");
  EXPECT_EQ(all[3]["event"]["results"].size(), 1u);
  EXPECT_EQ(all[3]["event"]["results"][0]["workers"].dump(),
            R"([{"PE Info":{"text":"Müller \" \n"}}])");
}

TEST_F(SplunkTest, EventsGoInBatches) {
  serve("[]", {"--max-bytes", "70000"});
  EXPECT_EQ(
      save(response_text(300, std::string(1000, 'x')), {{"split", "1"}, {"batch_size", "64KiB"}}),
      "");
  EXPECT_EQ(events().size(), 600u);
  const Tree all = state();
  for (const Tree& request : all["requests"]) EXPECT_LE(request["size"], 66'000);
}

TEST_F(SplunkTest, TooLongABatchIsHalved) {
  serve("[]", {"--max-bytes", "20000"});
  EXPECT_EQ(save(response_text(50, std::string(1000, 'x')), {{"split", "1"}}), "");
  const Tree all = events();
  ASSERT_EQ(all.size(), 100u);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(all[2 * i]["event"]["results"][0]["workers"][0]["hash"]["n"], i);
}

TEST_F(SplunkTest, TooLongAnEventIsNamed) {
  serve("[]", {"--max-bytes", "20000"});
  const std::string error = save(response_text(1, std::string(30'000, 'x')));
  EXPECT_EQ(error.substr(0, error.find("its ")),
            kError + "1 event was refused for good, 0 taken: event 0: ");
  EXPECT_NE(error.find("bytes are more than Splunk takes at once (max_content_length in its "
                       "limits.conf)"),
            std::string::npos)
      << error;
}

TEST_F(SplunkTest, WaitsForAcknowledgement) {
  serve("[]", {"--ack-delay", "2"});
  EXPECT_EQ(save(response_text(40, std::string(1000, 'x')),
                 {{"split", "1"}, {"batch_size", "64KiB"}, {"ack", "true"}}),
            "");
  EXPECT_EQ(events().size(), 80u);
  const Tree requests = state()["requests"];
  const std::string channel = requests[0]["headers"]["X-Splunk-Request-Channel"];
  EXPECT_EQ(channel.size(), 36u);
  size_t questions = 0;
  for (const Tree& request : requests) {
    EXPECT_EQ(request["headers"]["X-Splunk-Request-Channel"], channel);
    questions += request["path"] == "/services/collector/ack?channel=" + channel;
  }
  EXPECT_EQ(questions, 3u);
}

TEST_F(SplunkTest, TellsWhenNothingIsAcknowledged) {
  serve("[]", {"--ack-delay", "1000"});
  EXPECT_EQ(save(response_text(1), {{"ack", "true"}, {"ack_timeout", "0.3"}}),
            kError + "URL took 1 event but has not acknowledged 1 of its batches in time");
  const auto plugin = connector({{"ack", "true"}});
  plugin->answer.grant(std::chrono::milliseconds(1000));
  EXPECT_EQ(shown(plugin->save(response_text(1))),
            kError + "URL took 1 event but has not acknowledged 1 of its batches in time");
  EXPECT_GT(plugin->answer.time_left(), 0);
}

TEST_F(SplunkTest, SpeaksTlsWithWhomItTrusts) {
  if (!Certificate::possible()) GTEST_SKIP() << "openssl is not installed";
  const Certificate certificate("IP:127.0.0.1");
  serve("[]", {"--tls", certificate.pem()});
  const std::string url = server->url("https");
  EXPECT_EQ(save(response_text(1), {{"url", url}, {"ca_file", certificate.trusted()}}), "");
  EXPECT_EQ(save(response_text(1), {{"url", url}, {"verify_tls", "no"}}), "");
  EXPECT_EQ(save(response_text(1), {{"url", url}}),
            kError + "no trusted TLS connection to " + url +
                "/services/collector/event: SSL certificate problem: self-signed certificate");
}

TEST_F(SplunkTest, TellsWhenAcknowledgementIsOfAnotherOpinion) {
  serve("[]", {"--ack-delay", "0"});
  EXPECT_EQ(save(response_text(1)), kError +
                                        "URL answered 400: Data channel is missing; that token "
                                        "asks for acknowledgement: set ack = true");
  serve("[]");
  EXPECT_EQ(save(response_text(1), {{"ack", "true"}}),
            kError +
                "URL took 1 event without a number to ask for their acknowledgement; set ack = "
                "false, or enable it for the token");
}

}  // namespace
}  // namespace stoq::test
