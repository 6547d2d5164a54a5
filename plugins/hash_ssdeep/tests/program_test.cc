// SPDX-License-Identifier: Apache-2.0
//
// The same digests as the program ssdeep gives, where it is installed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "samples.h"
#include "ssdeep.h"

namespace stoq::plugins::hash_ssdeep {
namespace {

constexpr const char* kProgram = "/usr/bin/ssdeep";
constexpr std::size_t kInputs = 1000;

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "ssdeepXXXXXX";
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory: " + name);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string our_digest(const std::string& content) {
  return ssdeep_digest({reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
}

// What the program says of the files "0", "1", … of a folder, in that order.
std::vector<std::string> program_digests(const std::filesystem::path& folder, std::size_t count) {
  std::ofstream names(folder / "names");
  for (std::size_t i = 0; i < count; ++i) names << i << '\n';
  names.close();
  const std::string command =
      "cd '" + folder.string() + "' && xargs " + kProgram + " -s < names 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::vector<std::string> digests;
  std::array<char, 1024> line;
  while (pipe && std::fgets(line.data(), line.size(), pipe.get())) {
    const std::string text = line.data();
    if (text.starts_with("ssdeep,")) continue;  // the header
    digests.push_back(text.substr(0, text.find(',')));
  }
  return digests;
}

std::size_t size_of(std::mt19937& random, std::size_t i) {
  if (i < 36) return (std::size_t{192} << i / 3) + i % 3 - 1;  // where the block size doubles
  constexpr std::size_t kLimits[] = {12, 1000, 1000, 30'000, 30'000, 30'000, 100'000};
  const std::size_t limit = kLimits[random() % std::size(kLimits)];
  return random() % limit;
}

TEST(SsdeepProgram, SameDigests) {
  if (access(kProgram, X_OK) != 0) GTEST_SKIP() << kProgram << " is not installed (Debian: ssdeep)";
  const Folder folder;
  std::mt19937 random(20);
  std::vector<std::string> ours;
  for (std::size_t i = 0; i < kInputs; ++i) {
    const auto kind = static_cast<Sample>(random() % static_cast<unsigned>(Sample::end));
    const std::string content =
        make_sample(kind, static_cast<std::uint32_t>(i), size_of(random, i));
    std::ofstream(folder.path() / std::to_string(i), std::ios::binary) << content;
    ours.push_back(our_digest(content));
  }
  EXPECT_EQ(ours, program_digests(folder.path(), kInputs));
}

}  // namespace
}  // namespace stoq::plugins::hash_ssdeep
