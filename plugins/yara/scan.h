// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scanning with a RuleSet.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules.h"

struct YR_SCAN_CONTEXT;

namespace stoq::plugins::yara {

inline constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);

struct Meta {
  std::string_view name;
  std::variant<bool, std::int64_t, std::string_view> value;
};

struct StringHit {
  std::uint64_t offset = 0;
  std::string_view name;               // "$a"
  std::span<const std::uint8_t> data;  // all of it, a part of the content
  std::span<const std::uint8_t>
      xor_text;  // what the rule looks for if it has the xor modifier, else empty
};

// Points into the content and the RuleSet: valid while both live.
struct Match {
  std::string_view rule;
  std::string_view name_space;
  std::vector<std::string_view> tags;
  std::vector<Meta> metas;  // as written, a name may come twice
  std::vector<StringHit>
      strings;  // in the order of the rule's strings, then of offsets; no private ones
  std::size_t strings_total = 0;  // found, listed or not
  std::uint32_t place = 0;        // of the rule among all

  // The last one of that name.
  const Meta* meta(std::string_view meta_name) const;
};

struct ScanOptions {
  int timeout_seconds = 60;  // for each part of a set that is split by module; 0 is none
  std::size_t strings_limit = kNoLimit;  // listed per rule
  // Asked when libyara calls back (a module, a match), which is not while it searches: there only
  // the timeout bites.
  std::function<bool()> cancelled;
};

struct ScanResult {
  std::vector<Match> matches;  // in the order of the rules; what was found before an error stays
  std::vector<std::string> notes;  // what libyara left out
  std::string error;               // empty when the scan is complete
};

// One per thread, made after the fork if there is one. Keeps its RuleSet alive.
class Scanner {
 public:
  // Throws std::bad_alloc.
  explicit Scanner(std::shared_ptr<const RuleSet> rules);

  // Sets an external for the following scans; false if the rules were loaded without it or with
  // another type.
  bool define(const std::string& name, const External& value);

  ScanResult scan(std::span<const std::uint8_t> content, const ScanOptions& options = {});

 private:
  struct Destroy {
    void operator()(YR_SCAN_CONTEXT* scanner) const noexcept;
  };

  std::shared_ptr<const RuleSet> rules_;
  std::vector<std::unique_ptr<YR_SCAN_CONTEXT, Destroy>> scanners_;  // one per group of the set
};

}  // namespace stoq::plugins::yara
