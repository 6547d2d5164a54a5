// SPDX-License-Identifier: Apache-2.0
//
// Goes wrong before and after the workers: as a provider (the option `how`: outcome, its process ends
// when it is told one; file, it puts a descriptor that is not open), as a connector, whose process ends,
// and as a decorator, which gives too many errors and a payload.
#include <cstdlib>

#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

class BadDelivery {
 public:
  static constexpr sdk::Option options[] = {{"how", sdk::Kind::text, "outcome", "outcome, file"}};

  explicit BadDelivery(const sdk::Host& host) : how_(host.text("how")) {}

  void ingest(sdk::Call& call) {
    static constexpr uint8_t kContent[] = {'a'};
    if (how_ == "file") call.put_file(777, "{}", 1, "{}");
    for (uint64_t token = 1; how_ == "outcome" && token <= 3; ++token)
      call.put_payload(kContent, "{}", token, "{}");
  }
  void outcome(uint64_t, int, std::string_view) { std::abort(); }
  void save(sdk::Call&) { std::abort(); }
  void decorate(sdk::Call& call) {
    for (int i = 0; i < 150; ++i) call.error("an error");
    static constexpr uint8_t kContent[] = {'a'};
    call.extract(kContent);
    call.extract(kContent);
  }

 private:
  std::string how_;
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::BadDelivery, "bad_delivery", "1")
