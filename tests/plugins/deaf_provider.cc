// SPDX-License-Identifier: Apache-2.0
//
// Puts without end, and never comes back from the first outcome that it is told.
#include <unistd.h>

#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

class DeafProvider {
 public:
  void ingest(sdk::Call& call) {
    static constexpr uint8_t kContent[] = {'a'};
    for (uint64_t token = 1; call.put_payload(kContent, "{}", token, "{}"); ++token) {
    }
  }
  void outcome(uint64_t, int, std::string_view) {
    while (true) usleep(1000);
  }
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::DeafProvider, "deaf_provider", "1")
