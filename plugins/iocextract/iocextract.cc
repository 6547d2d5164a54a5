// SPDX-License-Identifier: Apache-2.0
//
// Indicators of compromise in a payload, refanged and without what a whitelist covers.
#include <algorithm>

#include "charset.h"
#include "extract.h"
#include "lines.h"
#include "stoq/sdk/plugin.h"
#include "whitelist.h"

namespace stoq::plugins::iocextract {
namespace {

class IocExtract {
 public:
  static constexpr sdk::Option options[] = {
      {"iana_tld_file", sdk::Kind::text, "tlds-alpha-by-domain.txt",
       "file of top-level domains, one a line; relative to the plugin's folder"},
      {"iana_url", sdk::Kind::text, nullptr,
       "taken from older configurations, not used: nothing is downloaded"},
      {"whitelist_file", sdk::Kind::list, "whitelist.txt",
       "files with lines type:pattern of what is not reported; relative to the plugin's folder"},
      {"file_suffixes", sdk::Kind::list, "py",
       "top-level domains that rather end names of files, as in setup.py"},
      {"max_indicators", sdk::Kind::integer, "10000", "distinct indicators of one type at most", 1,
       1'000'000},
  };

  explicit IocExtract(const sdk::Host& host)
      : tlds_(read(host, "iana_tld_file", host.text("iana_tld_file")),
              host.path(host.text("iana_tld_file"))),
        names_{tlds_, suffixes(host.list("file_suffixes"))},
        most_(static_cast<std::size_t>(host.integer("max_indicators"))) {
    for (const std::string& file : host.list("whitelist_file"))
      whitelist_.add(read(host, "whitelist_file", file), host.path(file));
  }

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    Indicators found(whitelist_, most_);
    const Cut cut = extract(payload.text(), names_, found);
    sdk::JsonWriter json;
    json.begin_object();
    for (std::size_t i = 0; i < kKindNames.size(); ++i) write(static_cast<Kind>(i), found, json);
    json.end_object();
    call.result(json);
    report(found, cut, call);
  }

 private:
  static std::string read(const sdk::Host& host, const char* option, const std::string& file) {
    return read_list(option, host.path(file));
  }

  static std::vector<std::string> suffixes(std::vector<std::string> all) {
    for (std::string& suffix : all) {
      if (suffix.empty() || !std::ranges::all_of(suffix, [](char c) { return is(c, kLabel); }))
        throw sdk::Error("file_suffixes: '" + suffix +
                         "' is no top-level domain; write them without a dot, such as py, zip");
      std::ranges::transform(suffix, suffix.begin(), lower);
    }
    return all;
  }

  static void write(Kind kind, const Indicators& found, sdk::JsonWriter& json) {
    if (found.of(kind).empty()) return;
    json.key(kKindNames[static_cast<std::size_t>(kind)]).begin_array();
    for (const std::string& indicator : found.of(kind)) json.value(indicator);
    json.end_array();
  }

  void report(const Indicators& found, const Cut& cut, sdk::Call& call) const {
    for (std::size_t i = 0; i < kKindNames.size(); ++i)
      if (const std::uint64_t hits = found.left_out(static_cast<Kind>(i)))
        call.error("hits of type " + std::string(kKindNames[i]) +
                   " left out: " + std::to_string(hits) +
                   "; a type has room for max_indicators = " + std::to_string(most_) +
                   " distinct ones, all together for 6 MiB of text");
    if (cut.urls > 0)
      call.error("hits of type url cut to " + std::to_string(kMaxTail) +
                 " characters behind the host: " + std::to_string(cut.urls));
  }

  Tlds tlds_;
  Names names_;
  Whitelist whitelist_;
  std::size_t most_;
};

}  // namespace

STOQ_PLUGIN(IocExtract, "iocextract", "4.0.0")

}  // namespace stoq::plugins::iocextract
