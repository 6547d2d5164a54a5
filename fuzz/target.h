// SPDX-License-Identifier: Apache-2.0
//
// A fuzz target is a function of bytes that registers itself:
//
//   STOQ_FUZZ(json) { must(...); }                                   // `data` is the input
//   STOQ_FUZZ_SEEDS(json) { return {"{}", "[1]"}; }                  // beside the files of corpus/json
//
// libFuzzer runs one of them in a program of its own (fuzzer_main.cc), replay_test.cc all in one.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::fuzz {

using Bytes = std::span<const uint8_t>;

struct Target {
  std::string_view name;
  void (*run)(Bytes data);
};
struct Seeds {
  std::string_view target;
  std::vector<std::string> (*make)();
};
inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}
inline std::vector<Seeds>& all_seeds() {
  static std::vector<Seeds> all;
  return all;
}
inline std::vector<std::string> seeds_of(std::string_view target) {
  for (const Seeds& seeds : all_seeds())
    if (seeds.target == target) return seeds.make();
  return {};
}

// Ends the program where a property does not hold.
inline void must(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: this must hold\n", where.file_name(),
               static_cast<unsigned>(where.line()));
  std::abort();
}

inline std::string_view text_of(Bytes data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}
inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// What targets need that take more than one text: the parts between lines of "====".
inline std::vector<std::string_view> parts_of(std::string_view text) {
  constexpr std::string_view kBetween = "\n====\n";
  std::vector<std::string_view> parts;
  for (size_t at; (at = text.find(kBetween)) != text.npos; text.remove_prefix(at + kBetween.size()))
    parts.push_back(text.substr(0, at));
  parts.push_back(text);
  return parts;
}

// Takes an input apart: numbers first, and texts with their length before them.
class Input {
 public:
  explicit Input(Bytes data) : rest_(text_of(data)) {}
  bool empty() const { return rest_.empty(); }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return value;
  }
  std::string_view text() {  // two bytes of length, the lower first
    const size_t low = byte();
    return take(low | size_t{byte()} << 8);
  }
  std::string_view rest() { return take(rest_.size()); }

  static std::string text_for(std::string_view text) {  // as text() reads it
    return std::string{static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)} +
           std::string(text);
  }

 private:
  std::string_view take(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest_;
};

struct Registered {
  explicit Registered(Target target) { targets().push_back(target); }
  explicit Registered(Seeds seeds) { all_seeds().push_back(seeds); }
};

#define STOQ_FUZZ(target)                                  \
  static void fuzz_##target(stoq::fuzz::Bytes data);       \
  static const stoq::fuzz::Registered registered_##target( \
      stoq::fuzz::Target{#target, &fuzz_##target});        \
  static void fuzz_##target(stoq::fuzz::Bytes data)
#define STOQ_FUZZ_SEEDS(target)                                     \
  static std::vector<std::string> seeds_of_##target();              \
  static const stoq::fuzz::Registered registered_seeds_of_##target( \
      stoq::fuzz::Seeds{#target, &seeds_of_##target});              \
  static std::vector<std::string> seeds_of_##target()

}  // namespace stoq::fuzz
