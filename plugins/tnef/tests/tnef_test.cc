// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, as shipped.
#include <gtest/gtest.h>

#include <mutex>

#include "samples.h"
#include "support/objects.h"

namespace stoq::test {
namespace {

struct ScannedTnef {
  StoqResponse response;
  Names contents;
  std::string result() const { return std::string(response.results[0].workers[0]["tnef"].text()); }
  std::string meta(size_t i) const {
    return std::string(response.results.at(i).payload_meta.extra_data.text());
  }
};

ScannedTnef scan_tnef(const std::string& content, const char* isolation = "process") {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_PLUGINS};
  o.plugin_opts["tnef"]["isolation"] = isolation;
  Stoq s(std::move(o));
  ScannedTnef out;
  std::mutex mutex;
  std::map<std::string, std::string> contents;
  s.add_plugin("rules", std::make_shared<FunctionDispatcher>([&](Payload& payload, Request&) {
                 const std::lock_guard lock(mutex);
                 DispatcherResponse r;
                 if (payload.level == 0) r.plugin_names = {"tnef"};
                 contents[std::string(payload.payload_id)] = text(payload);
                 return r;
               }));
  out.response = s.scan(content);
  for (size_t i = 1; i < out.response.results.size(); ++i)
    out.contents.push_back(contents[std::string(out.response.results[i].payload_id)]);
  return out;
}

TEST(Tnef, FilesAndBody) {
  for (const char* isolation : {"process", "none"}) {
    const ScannedTnef r = scan_tnef(tnef_samples::two_files(), isolation);
    EXPECT_EQ(errors_of(r.response, "tnef"), Names());
    EXPECT_EQ(r.contents, (Names{"first content", "second content", "{\\rtf1 x}"}));
    EXPECT_EQ(r.meta(1), R"({"filename": "short.exe"})");
    EXPECT_EQ(r.meta(2), R"({"filename": "a long name.exe", "type": "application/x"})");
    EXPECT_EQ(r.meta(3), R"({"filename": "body.rtf", "source": "body"})");
    EXPECT_EQ(r.result(),
              R"({"subject": "Subjäkt", "message_class": "IPM.Microsoft Mail.Note", "body": )"
              R"("the body", "charset": "CP1252", "attachment_count": 2, "attachments": )"
              R"([{"filename": "short.exe", "size": 13, "status": "extracted"}, )"
              R"({"filename": "a long name.exe", "size": 14, "status": "extracted"}]})");
  }
}

TEST(Tnef, AMessageInItIsReadInTurn) {
  const ScannedTnef r = scan_tnef(tnef_samples::nested(tnef_samples::two_files()));
  ASSERT_EQ(r.contents.size(), 4u) << r.response.dumps();
  EXPECT_EQ(r.contents[1], "first content");
}

TEST(Tnef, WhatIsNoneAndWhatIsDamaged) {
  const auto error = [](const std::string& content) {
    const Names errors = errors_of(scan_tnef(content).response, "tnef");
    return errors.size() == 1 ? errors[0] : std::to_string(errors.size()) + " errors";
  };
  EXPECT_NE(error("MZ and so on").find("Wrong TNEF signature: 0x61205a4d"), std::string::npos)
      << error("MZ and so on");
  EXPECT_NE(error("").find("Wrong TNEF signature: the payload has 0 bytes"), std::string::npos);
  EXPECT_NE(error(tnef_samples::stream("\x07 nonsense"))
                .find("damaged: an attribute is broken: what follows it was not read"),
            std::string::npos);
}

}  // namespace
}  // namespace stoq::test
