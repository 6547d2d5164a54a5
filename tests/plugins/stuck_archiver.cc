// SPDX-License-Identifier: Apache-2.0
//
// Never comes to an end with content that begins with "stuck", nor with tasks that say so.
#include <unistd.h>

#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

class StuckArchiver {
 public:
  void archive(const sdk::Payload& payload, sdk::Call& call) {
    if (payload.text().starts_with("stuck")) never();
    call.result(R"({"kept": true})");
  }
  void get(sdk::Call& call) {
    if (call.task().text().find("stuck") != std::string_view::npos) never();
    call.begin();
    call.write({reinterpret_cast<const uint8_t*>("fetched"), 7});
    call.end();
  }

 private:
  [[noreturn]] static void never() {
    while (true) usleep(100);
  }
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::StuckArchiver, "stuck_archiver", "1")
