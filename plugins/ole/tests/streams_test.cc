// SPDX-License-Identifier: Apache-2.0
#include "ole/streams.h"

#include <gtest/gtest.h>

#include "collector.h"
#include "compound_writer.h"

namespace stoq::plugins::ole {
namespace {

using namespace office_samples;
using namespace std::string_literals;

const std::string kCompressed =  // zlib.compress(b"hello hello hello")
    "\x78\x9C\xCB\x48\xCD\xC9\xC9\x57\xC8\x40\x90\x00\x3A\x2E\x06\x7D"s;

TEST(Ole, EveryStreamIsAPayloadAndAPackageIsItsFile) {
  const std::string program = hidden_program(6000);
  const std::string raw = compound(
      {stream("WordDocument", "text"), stream("\1CompObj", ""),
       storage("ObjectPool",
               {storage("_1572",
                        {stream("\1Ole10Native", ole10native(package("evil.exe", program)))})})});
  Collector sink;
  EXPECT_EQ(
      take_apart(in_bytes(raw), sink),
      R"({"format": "compound", "stream_count": 3, "streams": [{"name": "CompObj", "size": 0}, )"
      R"({"name": "ObjectPool__1572_Ole10Native", "size": 6061, "file": "evil.exe"}, )"
      R"({"name": "WordDocument", "size": 4}]})");
  EXPECT_EQ(sink.contents, (Strings{program, "text"}));
  EXPECT_EQ(
      sink.metas,
      (Strings{
          R"({"should_archive": true, "extra_data": {"index": 1, "name": "ObjectPool__1572_Ole10Native_evil.exe", )"
          R"("path": "ObjectPool/_1572/Ole10Native", "filename": "evil.exe", "source_path": "C:\\work\\evil.exe", )"
          R"("temp_path": "C:\\Temp\\evil.exe"}})",
          R"({"should_archive": false, "extra_data": {"index": 2, "name": "WordDocument", "path": "WordDocument", "filename": "WordDocument"}})"}));
  EXPECT_EQ(sink.errors, Strings());
}

TEST(Ole, NativeDataThatIsNoPackageComesOutAsItIs) {
  Collector sink;
  take_apart(in_bytes(compound({stream("\1Ole10Native", ole10native("equation"))})), sink);
  EXPECT_EQ(sink.contents, Strings{"equation"});
  EXPECT_NE(sink.metas.at(0).find("\"name\": \"Ole10Native_olenative\""), std::string::npos);
}

TEST(Ole, NeitherSizeNorLetterCaseHidesWhatIsNative) {
  for (const std::uint64_t size : {0, 5, 1'000'000}) {
    Collector sink;
    const std::string packed = le(size, 4) + package("evil.exe", "MZ");
    take_apart(in_bytes(compound({storage("a", {stream("\1oLE10nATivE", packed)}),
                                  stream("\1Ole10Native", le(size, 4) + "equation")})),
               sink);
    EXPECT_EQ(sink.errors, Strings()) << size;
    EXPECT_EQ(sink.contents, (Strings{"MZ", "equation"})) << size;
  }
}

TEST(Ole, ACutPackageSaysSo) {
  const std::string whole = package("evil.exe", std::string(100, 'x'));
  Collector sink;
  take_apart(in_bytes(compound({stream("\1Ole10Native", ole10native(whole.substr(0, 100)))})),
             sink);
  EXPECT_EQ(sink.errors, Strings{"the file 'evil.exe' packed in stream 'Ole10Native' is cut short: "
                                 "its last bytes are missing"});
  EXPECT_NE(sink.metas.at(0).find("\"incomplete\": true"), std::string::npos);
}

TEST(Ole, ObjectsOfASlideShowAreDecompressed) {
  const std::string object =
      le(0x0010, 2) + le(0x1011, 2) + le(4 + kCompressed.size(), 4) + le(17, 4) + kCompressed;
  const std::string plain = le(0, 2) + le(0x1011, 2) + le(5, 4) + "plain";
  const std::string atom = le(0, 2) + le(0x0FA0, 2) + le(2, 4) + "ab";
  const std::string document =
      atom + le(15, 2) + le(1000, 2) + le(plain.size(), 4) + plain + object;
  Collector sink;
  take_apart(in_bytes(compound({stream("PowerPoint Document", document)})), sink);
  EXPECT_EQ(sink.contents, (Strings{document, "plain", "hello hello hello"}));
  EXPECT_NE(sink.metas.at(1).find("\"record_at\": 18"), std::string::npos) << sink.metas.at(1);

  Collector lower;
  take_apart(in_bytes(compound({stream("powerpoint document", document)})), lower);
  EXPECT_EQ(lower.contents, sink.contents);

  Collector damaged;
  const std::string bad = le(0x0010, 2) + le(0x1011, 2) + le(10, 4) + "no zlib at";
  take_apart(in_bytes(compound({stream("PowerPoint Document", bad)})), damaged);
  EXPECT_EQ(damaged.errors,
            Strings{"the object at 0 in stream 'PowerPoint Document' is no zlib stream"});
}

TEST(Ole, InstallerNamesAreDecoded) {
  Node cabinet = stream("", "MSCF");
  // "ab.cab" by twos
  const std::string_view letters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
  const std::string_view name = "ab.cab";
  for (std::size_t i = 0; i < name.size(); i += 2)
    cabinet.name +=
        static_cast<char16_t>(0x3800 + letters.find(name[i]) + 64 * letters.find(name[i + 1]));
  Node table = stream("", "rows");
  table.name = {0x4840, static_cast<char16_t>(0x4800 + letters.find('T'))};
  Collector sink;
  take_apart(in_bytes(compound({cabinet, table}, {.root_clsid = {0x84, 0x10, 0x0C, 0, 0, 0, 0, 0,
                                                                 0xC0, 0, 0, 0, 0, 0, 0, 0x46}})),
             sink);
  ASSERT_EQ(sink.metas.size(), 2u);
  EXPECT_NE(sink.metas[0].find("\"name\": \"T\""), std::string::npos) << sink.metas[0];
  EXPECT_NE(sink.metas[1].find("\"name\": \"ab.cab\""), std::string::npos) << sink.metas[1];
}

TEST(Ole, ActiveMimeGivesWhatItHolds) {
  Collector sink;
  EXPECT_EQ(take_apart(in_bytes("ActiveMime" + std::string(40, '\1') + kCompressed), sink),
            R"({"format": "activemime"})");
  EXPECT_EQ(sink.contents, Strings{"hello hello hello"});
  Collector empty;
  take_apart(in_bytes("ActiveMime and text"s), empty);
  EXPECT_EQ(empty.errors, Strings{"this ActiveMime file holds nothing that can be decompressed"});
}

TEST(Ole, DamageIsTold) {
  std::string raw = compound({stream("large", std::string(50'000, 'x'))});
  const auto table = office::number_at<std::uint32_t>(in_bytes(raw), 76);
  raw.replace(512 + table * 512 + 4, 4, le(0xFFFFFFFE, 4));
  Collector sink;
  take_apart(in_bytes(raw), sink);
  EXPECT_EQ(sink.errors,
            Strings{"stream 'large' has 1024 of 50000 bytes: its chain of sectors ends there"});
  EXPECT_EQ(sink.contents, Strings{std::string(1024, 'x')});
  Collector headless;
  take_apart(in_bytes("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(600, '\xFF')), headless);
  EXPECT_EQ(
      headless.errors,
      Strings{"this compound file has no directory that can be read: it is cut short or damaged"});
}

TEST(Ole, StopIsHeededAndAnythingElseIsLeftAlone) {
  Collector one(1);
  take_apart(in_bytes(compound({stream("a", "1"), stream("b", "2"), stream("c", "3")})), one);
  EXPECT_EQ(one.contents, Strings{"1"});
  Collector none;
  EXPECT_EQ(take_apart(in_bytes("{\\rtf1}"s), none), "");
  EXPECT_EQ(take_apart({}, none), "");
}

}  // namespace
}  // namespace stoq::plugins::ole
