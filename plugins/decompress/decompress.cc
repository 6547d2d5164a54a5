// SPDX-License-Identifier: Apache-2.0
//
// The worker around unpack(): options, passwords that come with the payload, members as payloads,
// the list of them as result.
#include "archives/extraction.h"
#include "archives/passwords.h"
#include "stoq/sdk/plugin.h"
#include "unpack.h"

namespace stoq::plugins::decompress {
namespace {

class Decompress {
 public:
  static constexpr sdk::Option options[] = {
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

  explicit Decompress(const sdk::Host& host)
      : passwords_(host.list("passwords")),
        maximum_size_(static_cast<uint64_t>(host.integer("maximum_size"))),
        timeout_(host.number("timeout")),
        listed_(static_cast<size_t>(host.integer("max_listed_members"))),
        shape_{host.list("always_dispatch"), host.boolean("archive_extracted")} {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const Options unpacking{.passwords = archives::passwords_for(payload, passwords_),
                            .maximum_size = maximum_size_,
                            .max_listed_members = listed_};
    archives::Extraction extraction(call, shape_, timeout_);
    const Report report =
        unpack(payload.content(), archives::suggested_name(payload), unpacking, extraction);
    if (!report.is_archive) return;
    if (report.passed_on) call.dispatch("sevenzip");
    archives::give(report, extraction, call);
  }

 private:
  std::vector<std::string> passwords_;
  uint64_t maximum_size_;
  double timeout_;
  size_t listed_;
  archives::PayloadShape shape_;
};

}  // namespace

STOQ_PLUGIN(Decompress, "decompress", "4.0.0")

}  // namespace stoq::plugins::decompress
