// SPDX-License-Identifier: Apache-2.0
// Every fuzz target on its corpus, whole, cut short and damaged, by seed. STOQ_REPLAY_MUTANTS: how
// many damaged ones in all of each target.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "fuzz/target.h"

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace stoq::fuzz {

void PrintTo(const Target& target, std::ostream* out) {
  *out << target.name;
}

namespace {

constexpr size_t kMutants = 3000, kCuts = 20;
constexpr std::string_view kSlow[] = {"journal", "mimetype", "officecrypt", "unpack", "yara_rules"};

size_t mutants_of(std::string_view target) {
  const char* asked = std::getenv("STOQ_REPLAY_MUTANTS");
  const size_t all = asked ? std::strtoul(asked, nullptr, 10) : kMutants;
  const bool slow = std::ranges::find(kSlow, target) != std::end(kSlow);  // milliseconds each
  return slow ? all / 10 : all;
}

// Told, and kept in the working directory, when an input ends the program.
std::string running;
std::string_view bytes;
void tell() {
  std::fprintf(stderr, "replay: it was %s; see ./replay-failed\n", running.c_str());
  std::ofstream("replay-failed", std::ios::binary) << bytes;
}

void feed(const Target& target, std::string_view input, const std::string& name) {
  running = name, bytes = input;
  // An allocation of that size, so that a sanitizer sees a read past its end.
  const std::vector<uint8_t> exact(input.begin(), input.end());
  target.run(exact);
}

struct Named {
  std::string name, content;
};

std::vector<Named> inputs_of(std::string_view target) {
  std::vector<Named> inputs;
  const std::string folder = STOQ_FUZZ_CORPUS "/" + std::string(target);
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    std::stringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    inputs.push_back({entry.path().string(), content.str()});
  }
  std::sort(inputs.begin(), inputs.end(),
            [](const Named& a, const Named& b) { return a.name < b.name; });
  for (const std::string& seed : seeds_of(target))
    inputs.push_back({"seed " + std::to_string(inputs.size()), seed});
  return inputs;
}

std::string mutant_of(std::string mutant, std::mt19937& random) {
  for (unsigned changes = 1 + random() % 8; changes-- > 0 && !mutant.empty();) {
    // most often near the start or the end, where the structure is
    const auto span = std::min<size_t>(mutant.size(), random() % 4 ? 600 : mutant.size());
    const size_t at = random() % 2 ? random() % span : mutant.size() - 1 - random() % span;
    switch (random() % 5) {
      case 0:
        mutant[at] = static_cast<char>(random());
        break;
      case 1:
        mutant[at] ^= static_cast<char>(1u << random() % 8);
        break;
      case 2:
        mutant[at] = random() % 2 ? '\xFF' : '\0';
        break;
      case 3:
        mutant.insert(at, mutant.substr(random() % mutant.size(), 1 + random() % 16));
        break;
      default:
        mutant.erase(at, 1 + random() % 16);
    }
  }
  return mutant;
}

class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, CorpusWholeCutAndDamaged) {
  const Target& target = GetParam();
  const std::vector<Named> inputs = inputs_of(target.name);
  ASSERT_FALSE(inputs.empty()) << "there is no corpus of it";
  const size_t mutants = mutants_of(target.name) / inputs.size();
  feed(target, "", "nothing");
  for (const Named& input : inputs) {
    feed(target, input.content, input.name);
    for (size_t i = 1; i < kCuts; ++i) {
      const size_t size = input.content.size() * i / kCuts;
      feed(target, input.content.substr(0, size),
           input.name + ", its first " + std::to_string(size) + " bytes");
    }
    std::mt19937 random(1);
    for (size_t i = 0; i < mutants; ++i)
      feed(target, mutant_of(input.content, random), input.name + ", mutant " + std::to_string(i));
  }
}

std::vector<Target> sorted() {
  std::signal(SIGABRT, [](int) { tell(); });  // it goes on to abort when this returns
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(&tell);
  std::vector<Target> all = targets();
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, testing::ValuesIn(sorted()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace stoq::fuzz
