// SPDX-License-Identifier: Apache-2.0
#include "onenote/section.h"

#include <gtest/gtest.h>

#include "collector.h"
#include "section_writer.h"

namespace stoq::plugins::onenote {
namespace {

using namespace office_samples;

TEST(OneNote, AttachedFilesHaveTheirNames) {
  const std::string program = hidden_program(5000);
  const std::string raw = onenote_section({{"invoice.hta", "<script>"}, {"tool.exe", program}});
  Collector sink;
  EXPECT_EQ(
      take_attached(in_bytes(raw), sink),
      R"({"format": "section", "file_count": 2, "files": [{"filename": "invoice.hta", "offset": 1060, "size": 8}, )"
      R"({"filename": "tool.exe", "offset": )" +
          std::to_string(raw.find(program)) + R"(, "size": 5000}]})");
  EXPECT_EQ(sink.contents, (Strings{"<script>", program}));
  EXPECT_EQ(sink.metas.at(0),
            R"({"extra_data": {"index": 0, "filename": "invoice.hta", "offset": 1060}})");
  EXPECT_EQ(sink.errors, Strings());
}

TEST(OneNote, WithoutListsTheFilesAreThere) {
  std::string raw = onenote_section({{"invoice.hta", "<script>"}});
  raw.resize(raw.find("\xC4\xF4\xF7\xF5"));
  Collector sink;
  EXPECT_EQ(take_attached(in_bytes(raw), sink),
            R"({"format": "section", "file_count": 1, "files": [{"offset": 1060, "size": 8}]})");
  EXPECT_EQ(sink.contents, Strings{"<script>"});
}

TEST(OneNote, WithoutAPropertySetTheExtensionIsLeft) {
  std::string raw = onenote_section({{"invoice.hta", "<script>"}});
  raw.replace(raw.find(le(0x1C001D9C, 4)), 4, le(0x1C001D00, 4));
  Collector sink;
  take_attached(in_bytes(raw), sink);
  EXPECT_EQ(sink.metas.at(0),
            R"({"extra_data": {"index": 0, "filename": ".hta", "offset": 1060}})");
}

TEST(OneNote, ACutFileSaysSo) {
  std::string raw = onenote_section({{"tool.exe", hidden_program(5000)}});
  raw.resize(3000);
  Collector sink;
  take_attached(in_bytes(raw), sink);
  EXPECT_EQ(
      sink.errors,
      Strings{"the file at byte 1060 is cut short: it has 1940 bytes, fewer than it declares"});
  EXPECT_EQ(sink.contents, Strings{hidden_program(5000).substr(0, 1940)});
}

TEST(OneNote, WhatTheWebExportsIsRead) {
  const std::string program = hidden_program(50'000);
  for (const bool blobs : {true, false}) {
    Collector sink;
    const std::string result =
        take_attached(in_bytes(onenote_export({"<script>", program}, blobs)), sink);
    EXPECT_TRUE(result.starts_with(R"({"format": "web export", "file_count": 2)")) << result;
    EXPECT_EQ(sink.contents, (Strings{"<script>", program})) << blobs;
    EXPECT_EQ(sink.errors, Strings());
  }
}

TEST(OneNote, StopIsHeededAndAnythingElseIsLeftAlone) {
  Collector one(1);
  take_attached(in_bytes(onenote_section({{"a.x", "1"}, {"b.x", "2"}})), one);
  EXPECT_EQ(one.contents, Strings{"1"});
  Collector none;
  EXPECT_EQ(take_attached(in_bytes("text"), none), "");
  EXPECT_EQ(take_attached(in_bytes(onenote_section({}).substr(0, 15)), none), "");
}

}  // namespace
}  // namespace stoq::plugins::onenote
