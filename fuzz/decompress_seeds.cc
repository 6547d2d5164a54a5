// SPDX-License-Identifier: Apache-2.0
// Damaged archives of every kind, by seed: no crash, calls of the sink in order, bounded work (the
// fuzz target's checks).
#include <gtest/gtest.h>

#include <random>

#include "samples.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using samples::Entry;
using samples::Lock;

struct Sample {
  std::string name, content;
};

void PrintTo(const Sample& sample, std::ostream* out) {
  *out << sample.name;
}

std::vector<Sample> all() {
  const std::vector<Entry> entries = {
      {"one.txt", "first content"},
      {"dir/", "", 'd'},
      {"dir/two.bin", samples::noise(3000, 1) + std::string(3000, 'z')},
      {"link", "", 'l', "one.txt"}};
  std::vector<Sample> out;
  for (const char* format :
       {"zip", "7zip", "ustar", "pax", "gnutar", "newc", "odc", "bin", "iso9660", "xar"}) {
    out.push_back({format, samples::write({format, "", "", ""}, entries)});
  }
  for (const char* format : {"arbsd", "arsvr4", "warc"})
    out.push_back({format, samples::write({format, "", "", ""}, {entries[0], {"two", "2"}})});
  for (const char* filter :
       {"gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "compress", "lzip", "uuencode"}) {
    out.push_back({filter, samples::filtered(filter, entries[2].content)});
    out.push_back(
        {std::string("tar_") + filter, samples::write({"ustar", filter, "", ""}, entries)});
  }
  for (const char* how : {"zipcrypt", "aes256"}) {
    out.push_back(
        {how, samples::write({"zip", "", std::string("zip:encryption=") + how, "infected"},
                             {entries[0], entries[2]})});
  }
  for (const auto lock : {Lock::none, Lock::content, Lock::headers}) {
    const auto suffix = std::to_string(static_cast<int>(lock));
    out.push_back({"rar" + suffix, samples::rar4("a.bin", entries[2].content, lock)});
    out.push_back({"rar5_" + suffix, samples::rar5("a.bin", entries[2].content, lock)});
  }
  out.push_back({"lha", samples::lha("a.bin", entries[2].content)});
  out.push_back({"cab", samples::cab("a.bin", entries[2].content)});
  out.push_back({"rpm", samples::rpm(samples::write({"newc", "xz", "", ""}, entries))});
  out.push_back({"sparse", samples::gnu_sparse_tar("start", 100'000)});
  out.push_back(
      {"sfx", "MZ" + std::string(500, '\1') + samples::write({"7zip", "", "", ""}, entries)});
  out.push_back({"two_zips", out[0].content + out[0].content});
  out.push_back({"arj", samples::arj()});
  return out;
}

void feed(const std::string&
              content) {  // an exact allocation, so that a sanitizer sees a read past its end
  const std::vector<std::uint8_t> exact(content.begin(), content.end());
  ASSERT_EQ(LLVMFuzzerTestOneInput(exact.data(), exact.size()), 0);
}

class Mutation : public testing::TestWithParam<Sample> {};

TEST_P(Mutation, ThreeHundredMutants) {
  const auto& original = GetParam().content;
  std::mt19937 random(samples::crc32(GetParam().name));
  for (int i = 0; i < 300; ++i) {
    auto mutant = original;
    for (unsigned changes = 1 + random() % 8; changes-- > 0 && !mutant.empty();) {
      // most often near the start or the end, where the structure is
      const auto span = std::min<std::size_t>(mutant.size(), random() % 4 ? 600 : mutant.size());
      const auto at = random() % 2 ? random() % span : mutant.size() - 1 - random() % span;
      switch (random() % 4) {
        case 0:
          mutant[at] = static_cast<char>(random());
          break;
        case 1:
          mutant[at] ^= static_cast<char>(1u << random() % 8);
          break;
        case 2:
          mutant[at] = random() % 2 ? '\xFF' : '\0';
          break;
        default:
          mutant.erase(at, 1 + random() % 16);
      }
    }
    feed(mutant);
  }
}

TEST_P(Mutation, TwentyTruncations) {
  const auto& original = GetParam().content;
  for (std::size_t i = 0; i < 20; ++i) feed(original.substr(0, original.size() * i / 20));
}

INSTANTIATE_TEST_SUITE_P(Unpack, Mutation, testing::ValuesIn(all()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
