// SPDX-License-Identifier: Apache-2.0
//
// What decompress leaves over, by 7-Zip: a program of its own in the sandbox of its host.
#include <set>

#include "archives/passwords.h"
#include "kinds.h"
#include "stoq/sdk/plugin.h"
#include "unpacking.h"

namespace stoq::plugins::sevenzip {
namespace {

class Sevenzip {
 public:
  static constexpr sdk::Option options[] = {
      {"bin", sdk::Kind::text, "",
       "the 7zz program: an absolute path, or one relative to the plugin's folder; empty: "
       "/usr/bin/7zz"},
      {"passwords", sdk::Kind::list, "-,infected,password",
       "tried in this order on encrypted members, after none; - stands for none"},
      {"maximum_size", sdk::Kind::size, "1GiB", "bytes of one member; a larger one is left out", 1,
       1e15},
      {"timeout", sdk::Kind::duration, "45",
       "time for one archive; what was unpacked by then stays", 0.001, 86'400},
      {"always_dispatch", sdk::Kind::list, "", "workers that every member is sent to"},
      {"archive_extracted", sdk::Kind::boolean, "yes",
       "whether destination archivers keep the members"},
      {"max_listed_members", sdk::Kind::integer, "1000",
       "members that the result lists; all are unpacked and counted", 0, 1'000'000},
  };

  explicit Sevenzip(const sdk::Host& host)
      : helper_(find(host)),
        passwords_(host.list("passwords")),
        maximum_size_(static_cast<uint64_t>(host.integer("maximum_size"))),
        timeout_(host.number("timeout")),
        listed_(static_cast<size_t>(host.integer("max_listed_members"))),
        shape_{host.list("always_dispatch"), host.boolean("archive_extracted")} {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    Kind kind = kind_of(payload.content());
    if (!kind && payload.result_of("decompress")["passed_on"].string_or("").starts_with("zip "))
      kind = {"zip", "zip"};  // behind something else
    if (!kind) return;
    const archives::Options unpacking{.passwords = archives::passwords_for(payload, passwords_),
                                      .maximum_size = maximum_size_,
                                      .max_listed_members = listed_};
    archives::Extraction extraction(call, shape_, timeout_);
    archives::Report report;
    try {
      if (payload.size() - kind.begin > kMost)
        throw sdk::HelperError(STOQ_INVALID, "it is given no more than 256 MiB");
      sdk::MemoryFile memory;
      memory.fill(payload.content().subspan(kind.begin));
      Program program(helper_, memory.fd(), kind.type);
      Unpacking(program, unpacking, extraction, report)
          .run(kind, extracted_by_decompress(payload), archives::suggested_name(payload));
    } catch (const sdk::HelperError& e) {
      extraction.drop();
      if (!e.late() || extraction.time_left() > 0) report.error(std::string("7zz: ") + e.what());
    }
    report.close_errors();
    if (report.format.empty()) report.format = kind.name;
    archives::give(report, extraction, call);
  }

 private:
  // It lies in memory: no other file can be opened by 7zz, which has no use for a descriptor alone.
  static constexpr size_t kMost = 256 << 20;

  static sdk::Helper find(const sdk::Host& host) {
    std::string path = host.text("bin");
    if (!path.empty()) path = host.path(path);
    try {
      return {host, "7zz", path};
    } catch (const sdk::HelperError& e) {
      throw sdk::Error(std::string(e.what()) +
                       "; install 7-Zip (Debian: 7zip), or say where it is by the option bin in "
                       "section [sevenzip] of stoq.cfg");
    }
  }

  static std::set<std::string> extracted_by_decompress(const sdk::Payload& payload) {
    std::set<std::string> names;
    for (const sdk::JsonView member : payload.result_of("decompress")["members"].elements())
      if (member["status"].string_or("") == "extracted") names.insert(member["name"].string_or(""));
    return names;
  }

  sdk::Helper helper_;
  std::vector<std::string> passwords_;
  uint64_t maximum_size_;
  double timeout_;
  size_t listed_;
  archives::PayloadShape shape_;
};

}  // namespace

STOQ_PLUGIN(Sevenzip, "sevenzip", "4.0.0")

}  // namespace stoq::plugins::sevenzip
