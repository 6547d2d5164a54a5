// SPDX-License-Identifier: Apache-2.0
#include "msg/message.h"

#include <gtest/gtest.h>

#include "collector.h"
#include "message_writer.h"
#include "msg/rtf_body.h"

namespace stoq::plugins::msg {
namespace {

using namespace office_samples;
using namespace std::string_literals;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

TEST(Msg, HeadersBodiesAndAttachmentsComeOut) {
  const std::string program = hidden_program(9000);
  Collector sink;
  const std::string result = take_apart(
      in_bytes(message_file(
          {"invoice", "see the file", "<p>see</p>", {{"evil.exe", program, {}, false}}})),
      sink);
  EXPECT_EQ(
      result,
      R"({"format": "msg", "class": "IPM.Note", "subject": "invoice", "from": "Alice <alice@example.com>", )"
      R"("to": "Bob <bob@example.com>", "sent": "2020-01-02T03:04:06Z", )"
      R"("headers": "From: Alice <alice@example.com>\r\nSubject: invoice\r\n", "body": "see the file", )"
      R"("body_html": "<p>see</p>", "attachment_count": 1, "attachments": [{"filename": "evil.exe", )"
      R"("type": "application/octet-stream", "size": 9000, "status": "extracted"}]})");
  EXPECT_EQ(sink.contents, (Strings{"see the file", "<p>see</p>", program}));
  EXPECT_EQ(
      sink.metas.back(),
      R"({"should_archive": true, "extra_data": {"filename": "evil.exe", "type": "application/octet-stream"}})");
  EXPECT_EQ(sink.metas.front(),
            R"({"should_archive": false, "extra_data": {"filename": "body.txt"}})");
  EXPECT_EQ(sink.errors, Strings());
}

TEST(Msg, MessagesInMessagesAreOpened) {
  const std::vector<Node> inner =
      message_nodes({"inner", "below", "", {{"a.exe", "program", {}, false}}}, true);
  Collector sink;
  const std::string result =
      take_apart(in_bytes(message_file({"outer", "", "", {{"inner.msg", "", inner, true}}})), sink);
  EXPECT_TRUE(has(
      result,
      R"("attachments": [{"filename": "inner.msg", "message": {"class": "IPM.Note", "subject": "inner")"))
      << result;
  EXPECT_EQ(sink.contents, (Strings{"below", "program"}));
  EXPECT_TRUE(has(sink.metas.back(), R"("message": "outer")")) << sink.metas.back();
}

TEST(Msg, NestingIsBounded) {
  std::vector<Node> nodes = message_nodes({"core", "core", "", {}}, true);
  for (int i = 0; i < 12; ++i) nodes = message_nodes({"m", "", "", {{"m", "", nodes, true}}}, true);
  Collector sink;
  take_apart(in_bytes(message_file({"top", "", "", {{"m", "", nodes, true}}})), sink);
  EXPECT_EQ(sink.errors,
            Strings{"attachment 'm' is a message more than 10 deep; it was not opened"});
}

TEST(Msg, AnOleAttachmentGivesThePackedFile) {
  Collector sink;
  take_apart(in_bytes(message_file(
                 {"s",
                  "",
                  "",
                  {{"picture",
                    "",
                    {stream("\1Ole10Native", ole10native(package("evil.exe", "program"))),
                     stream("\1CompObj", "x")},
                    false}}})),
             sink);
  EXPECT_EQ(sink.contents, (Strings{"x", "program"}));
  EXPECT_TRUE(has(sink.metas.at(1), R"("filename": "evil.exe")")) << sink.metas.at(1);
  EXPECT_TRUE(has(sink.metas.at(0), R"("filename": "picture_CompObj")")) << sink.metas.at(0);
}

void to_upper(std::vector<Node>& nodes) {
  for (Node& node : nodes) {
    for (char16_t& c : node.name)
      if (c >= u'a' && c <= u'z') c = static_cast<char16_t>(c - 32);
    to_upper(node.children);
  }
}

TEST(Msg, NamesAreOfEitherCase) {
  std::vector<Node> nodes = message_nodes(
      {"s",
       "text",
       "",
       {{"a", "1", {}, false},
        {"b", "", {stream("\1Ole10Native", le(0, 4) + package("evil.exe", "program"))}, false}}});
  Collector usual, upper;
  const std::string result = take_apart(in_bytes(compound(nodes)), usual);
  to_upper(nodes);
  EXPECT_EQ(take_apart(in_bytes(compound(nodes)), upper), result);
  EXPECT_EQ(upper.contents, (Strings{"text", "1", "program"}));
  EXPECT_EQ(upper.metas, usual.metas);
}

TEST(Msg, NativeDataThatIsNoPackageIsGivenWhole) {
  for (const std::uint64_t size : {0, 3, 100}) {
    Collector sink;
    take_apart(in_bytes(message_file(
                   {"s",
                    "",
                    "",
                    {{"b", "", {stream("\1Ole10Native", le(size, 4) + "equation")}, false}}})),
               sink);
    EXPECT_EQ(sink.contents, Strings{"equation"});
    EXPECT_EQ(has(sink.metas.at(0), R"("incomplete": true)"), size == 100) << sink.metas.at(0);
  }
}

TEST(Msg, RtfBodiesAreDecompressed) {
  const std::string rtf = "{\\rtf1\\ansi some text that is long enough {\\object\\objdata 01}}";
  for (const bool compressed : {false, true}) {
    const RtfBody body = decompress_rtf(in_bytes(rtf_property(rtf, compressed)), 1 << 20);
    EXPECT_EQ(office::view_of(body.bytes), rtf);
    EXPECT_EQ(body.problem, "");
  }
  // the example of the format's specification, with references into what the window holds at first
  const std::string packed =
      "\x2D\0\0\0\x2B\0\0\0LZFu\xF1\xC5\xC7\xA7\x03\0\x0A\0\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0A"
      "\xF3\x20\x68\x65\x6C\x09\0\x20\x62\x77\x05\xB0\x6C\x64\x7D\x0A\x80\x0F\xA0"s;
  EXPECT_EQ(office::view_of(decompress_rtf(in_bytes(packed), 1 << 20).bytes),
            "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
  EXPECT_EQ(decompress_rtf(in_bytes(packed.substr(0, 30)), 1 << 20).problem, "has 23 of 43 bytes");
  EXPECT_EQ(decompress_rtf(in_bytes("text"s), 1 << 20).problem,
            "is compressed by an unknown method");
}

TEST(Msg, StopIsHeededAndAnythingElseIsLeftAlone) {
  Collector one(1);
  take_apart(
      in_bytes(message_file({"s", "b", "h", {{"a", "1", {}, false}, {"b", "2", {}, false}}})), one);
  EXPECT_EQ(one.contents.size(), 1u);
  Collector none;
  EXPECT_EQ(take_apart(in_bytes(compound({stream("WordDocument", "x")})), none), "");
  EXPECT_EQ(take_apart(in_bytes("Subject: x"s), none), "");
}

}  // namespace
}  // namespace stoq::plugins::msg
