// SPDX-License-Identifier: Apache-2.0
//
// Gives payloads where it may not: as a dispatcher, and as a worker whose manifest rules it out.
#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

class BadGiver {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) {
    call.extract(payload.content());
    call.result("true");
  }
  void get_dispatches(const sdk::Payload&, sdk::Call& call) {
    if (call.begin()) call.end();
    call.dispatch("bad_giver", R"({"first": 1})");
    call.dispatch("bad_giver", R"({"second": 2})");
    call.dispatch("nobody", R"({"n": 3})");
  }
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::BadGiver, "bad_giver", "1.0.0")
