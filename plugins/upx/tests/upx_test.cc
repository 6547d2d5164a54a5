// SPDX-License-Identifier: Apache-2.0
//
// Files of the real UPX are in tests/integration/upx_test.py.
#include <gtest/gtest.h>

#include "nrv.h"
#include "packed.h"
#include "packer.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using Names = std::vector<std::string>;

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("upx", content, std::move(options));
}

TEST(Upx, GivesAnElfFileAsItWas) {
  const std::string elf = sample_elf(), packed = packed_elf(elf);
  const WorkerScan r = scan(packed, {{"isolation", "process"}});
  EXPECT_EQ(r.contents(), Names{elf});
  EXPECT_EQ(r.metas(), Names{R"({"unpacked_by": "upx"})"});
  EXPECT_EQ(r.result, R"({"format": "elf", "method": "nrv2b", "version": 13, "packed_size": )" +
                          std::to_string(packed.size()) + R"(, "size": 1304})");
  EXPECT_EQ(problems(r), Names{});
}

TEST(Upx, NeedsNoMagic) {
  const std::string elf = sample_elf();
  // Of a size that is wiped, too, what is loaded tells.
  EXPECT_EQ(scan(packed_elf(elf, {.wiped = true})).contents(), Names{elf.substr(0, 1000)});
  const SamplePe pe = sample_pe(false);
  EXPECT_EQ(scan(packed_pe(pe, {.wiped = true})).contents(), Names{pe.file});
}

TEST(Upx, GivesAWindowsProgramWithItsTables) {
  for (const bool wide : {false, true}) {
    const SamplePe pe = sample_pe(wide);
    const WorkerScan r = scan(packed_pe(pe, {.rest = "appended"}));
    ASSERT_EQ(r.extracted.size(), 1u);
    const std::string& file = r.extracted[0].content;
    ASSERT_EQ(file.size(), pe.file.size() + 8);
    for (std::size_t i = 0; i < pe.file.size(); ++i)
      ASSERT_EQ(file[i], pe.file[i]) << std::hex << i << (wide ? " of PE32+" : " of PE32");
    EXPECT_EQ(file.substr(pe.file.size()), "appended");
    EXPECT_EQ(problems(r), Names{});
  }
}

TEST(Upx, GivesWhatCanBeReadOfWhatIsDamaged) {
  const std::string elf = sample_elf(), packed = packed_elf(elf);
  const std::string meta = R"({"unpacked_by": "upx", "incomplete": true})";

  const WorkerScan tail = scan(packed.substr(0, packed.find("here is the loader") + 18));
  EXPECT_EQ(tail.contents()[0].substr(700, 300), elf.substr(700, 300));
  EXPECT_EQ(tail.metas(), Names{meta});
  EXPECT_EQ(problems(tail), Names{"what is not loaded is missing (sections, symbols)"});

  const WorkerScan part = scan(packed.substr(0, packed.find("here is the loader") - 100));
  EXPECT_EQ(part.contents(), Names{elf.substr(0, 600)});
  EXPECT_EQ(problems(part), Names{"damaged: of what is loaded a part is missing"});

  SamplePe pe = sample_pe(false);
  const std::string program = packed_pe(pe);
  const WorkerScan image = scan(program.substr(0, 0x400 + 150));
  EXPECT_EQ(problems(image), Names{"damaged: this is the beginning of its image in memory"});
  EXPECT_EQ(image.contents(), Names{pe.image.substr(0, image.contents()[0].size())});

  pe.image.replace(pe.image.size() - 4, 4, little(UINT32_MAX, 4));
  const WorkerScan headless = scan(packed_pe(pe));
  EXPECT_EQ(problems(headless), Names{"its headers are damaged: this is its image in memory"});
  EXPECT_EQ(headless.contents(), Names{pe.image});

  pe = sample_pe(false);
  pe.image.replace(pe.image.size() - 9, 4, little(UINT32_MAX, 4));   // of the list of relocations
  pe.image.replace(pe.image.size() - 13, 4, little(0x90000000, 4));  // where names were
  EXPECT_EQ(problems(scan(packed_pe(pe))), (Names{"tables are damaged: imports, those behind"}));
}

// What is restored has room in the image, each at its own place. Tables that claim more would take
// any time.
class UpxTables : public testing::Test {
 protected:
  // Puts `more` into the image, before its headers.
  void add(const std::string& more) {
    image_.insert(at_, more);
    image_.replace(image_.size() - 4, 4, little(at_ + more.size(), 4));
  }
  void set_table(unsigned index, std::size_t address) {
    const std::size_t tables = image_.size() - kTail - kHeaders + 120;
    image_.replace(tables + 8 * index, 8, little(address, 4) + little(40, 4));
  }
  static std::string problem_of(const std::string& file) {
    std::string why;
    const auto unpacked = plugins::upx::unpack(plugins::carving::bytes_of(file), 1 << 20, why);
    return unpacked && unpacked->content.starts_with("MZ") ? unpacked->problem : "no file";
  }
  static std::string times(std::size_t count, const std::string& what) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += what;
    return out;
  }
  std::string with_libraries(const std::string& first) {
    const std::string list = first + times(kMany, little(1, 4) + little(0, 5));
    const std::size_t table = address_ + list.size(), name = table + 20 * (kMany + 2);
    const auto entry = [](std::size_t to) {
      return std::string(12, '\0') + little(to, 4) + little(0, 4);
    };
    add(list + entry(first.empty() ? name : address_ + 9) + times(kMany + 1, entry(name)) +
        std::string(kLong + 1, '\0'));
    set_table(1, table);
    image_.replace(image_.size() - kTail, 8, little(at_, 4) + little(0, 4));
    pe_.names = "?" + std::string(kLong, 'n') + little(0x100, 3);
    return packed_pe(pe_);
  }

  static constexpr std::size_t kHeaders = 248 + 40, kTail = 17, kMany = 100, kLong = 1 << 16;
  SamplePe pe_ = sample_pe(false);
  std::string& image_ = pe_.image;
  const std::size_t at_ = image_.size() - kTail - kHeaders, address_ = 0x1000 + at_;
};

TEST_F(UpxTables, TooManyNamesOfLibraries) {
  EXPECT_EQ(problem_of(with_libraries("")), "tables are damaged: imports, those behind");
}

TEST_F(UpxTables, AListOfLibrariesThatIsChangedMeanwhile) {
  // The first name is written to where the next library has none: it makes the list go on.
  const std::string first = little(kLong + 2, 4) + little(0, 5) + little(0, 8) + little(0, 1);
  EXPECT_EQ(problem_of(with_libraries(first)), "tables are damaged: imports, those behind");
}

TEST_F(UpxTables, ResourcesThatOverlap) {
  add(std::string(kLong, 'r'));
  set_table(2, address_);
  const std::size_t at = pe_.names.size(), leaf = 16 + 8 * kMany;
  pe_.names += little(0, 8) + little(0, 6) + little(kMany, 2) +
               times(kMany, little(0, 4) + little(leaf, 4)) + little(0, 8) + little(0, 8) +
               little(address_, 4) + std::string(kLong, 's');
  std::string file = packed_pe(pe_);
  const std::size_t table = file.size() - pe_.names.size() + at, address = 0x3000 - 0x400 + table;
  file = put(file, 0x98 + 96 + 16, little(address, 4) + little(40, 4));
  file = put(file, table + leaf, little(address + leaf + 20, 4) + little(kLong, 4));
  EXPECT_EQ(problem_of(file), "tables are damaged: resources, those behind");
}

TEST(Upx, SaysWhatItDoesNotRead) {
  const std::string big_endian = put(packed_elf(sample_elf()), 5, "\2");
  EXPECT_EQ(problems(scan(big_endian)), Names{"unsupported: UPX, big-endian ELF"});
  EXPECT_EQ(problems(scan("\x7F\x45\x4C\x46\2\1\1" + std::string(200, '\0') + "UPX!")),
            Names{"unsupported: UPX, damaged or of a kind that is not read"});
  EXPECT_EQ(problems(scan("MZ" + std::string(100, '\0') + "UPX!" + std::string(100, '\0'))),
            Names{"unsupported: UPX, an executable of DOS"});
  EXPECT_EQ(problems(scan(put(put(packed_pe(sample_pe(true)), 0x3E0, "nope"), 0x3E5, "\x15"))),
            Names{"unsupported: UPX, its header was removed or is of a kind that is not read"});
  const WorkerScan large = scan(packed_elf(sample_elf()), {{"max_size", "1000"}});
  EXPECT_EQ(problems(large), Names{"unsupported: UPX, larger than max_size"});
  EXPECT_EQ(problems(scan(packed_pe(sample_pe(true)), {{"max_size", "1000"}})),
            Names{"unsupported: UPX, larger than max_size"});
}

// Where it has gone: to a worker that stands in for last-resort.
TEST(Upx, PassesOnWhatItDoesNotReadOfProgramsForI386) {
  const std::string headless = put(packed_pe(sample_pe(false), {.wiped = true}), 0x3E5, "\x15");
  const std::string covered =
      put(packed_pe(sample_pe(false)), 0x98 + 16, little(0x9000, 4));  // it begins elsewhere
  for (const auto& [content, why] :
       {std::pair(headless, "UPX, its header was removed or is of a kind that is not read"),
        std::pair(covered, "UPX, with another packer over it")}) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_PLUGINS};
    o.always_dispatch = {"upx"};
    o.plugin_opts["upx"]["isolation"] = "none";
    Stoq s(std::move(o));
    int passed_on = 0;
    add_worker(s, "last-resort", [&](Payload&, Request&) { return ++passed_on, WorkerResponse(); });
    const StoqResponse r = s.scan(content);
    EXPECT_EQ(passed_on, 1);
    EXPECT_EQ(r.errors.size(), 0u) << r.dumps();
    const Json* result = r.results.at(0).workers.at(0).find("upx");
    ASSERT_TRUE(result) << r.dumps();
    EXPECT_EQ(result->text(), R"({"format": "pe", "passed_on": ")" + std::string(why) + R"("})");
  }
  const std::string wide = put(packed_pe(sample_pe(true)), 0x98 + 16, little(0x9000, 4));
  EXPECT_EQ(problems(scan(wide)), Names{"unsupported: UPX, with another packer over it"});
}

TEST(Upx, HasNothingToSayOfOtherFiles) {
  for (const std::string& other : {std::string("text"), sample_elf(), sample_pe(false).file,
                                   sample_elf() + "UPX!" + std::string(100, ' '), std::string()}) {
    const WorkerScan r = scan(other);
    EXPECT_EQ(r.result, "");
    EXPECT_EQ(r.extracted.size(), 0u);
    EXPECT_EQ(r.errors, Names{});
  }
}

TEST(Upx, NeedsNoSections) {
  const SamplePe pe = sample_pe(false);
  const WorkerScan r = scan(put(packed_pe(pe), 0x86, little(0, 2)));
  EXPECT_EQ(problems(r), Names{"its headers are damaged: this is its image in memory"});
  EXPECT_EQ(r.contents(), Names{pe.image});
}

TEST(Upx, SurvivesEveryCutAndChange) {
  std::mt19937 random(1);
  for (const std::string& whole :
       {packed_elf(sample_elf()), packed_pe(sample_pe(false)), packed_pe(sample_pe(true))})
    for (int i = 0; i < 400; ++i) {
      std::string changed = whole.substr(0, i % 2 ? whole.size() : random() % whole.size());
      for (unsigned n = random() % 8; n > 0 && !changed.empty(); --n)
        changed[random() % changed.size()] = static_cast<char>(random());
      std::string why;
      const auto r = plugins::upx::unpack(plugins::carving::bytes_of(changed), 1 << 20, why);
      ASSERT_LE(r ? r->content.size() : 0, 2u << 20);
    }
}

}  // namespace
}  // namespace stoq::test
