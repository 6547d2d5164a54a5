// SPDX-License-Identifier: Apache-2.0
//
// Throws in the function that the option `where` names; `what` says which kind of exception.
#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

class BadThrow {
 public:
  explicit BadThrow(const sdk::Host& host) : where_(host.text("where")), what_(host.text("what")) {
    go("create");
  }
  struct Thread {
    explicit Thread(const BadThrow& plugin) { plugin.go("create_thread"); }
  };
  void scan(const sdk::Payload&, sdk::Call&, Thread&) { go("scan"); }
  void get_dispatches(const sdk::Payload&, sdk::Call& call, Thread&) {
    call.dispatch("echo_second");
    go("get_dispatches");
  }
  void get_deep_dispatches(const sdk::Payload&, sdk::Call&, Thread&) { go("get_deep_dispatches"); }
  void archive(const sdk::Payload&, sdk::Call&) { go("archive"); }
  void get(sdk::Call&) { go("get"); }
  void decorate(sdk::Call&) { go("decorate"); }
  void save(sdk::Call&) { go("save"); }
  void ingest(sdk::Call& call) {
    static constexpr uint8_t kContent[] = {'x'};
    call.put_payload(kContent, "{}", 1);
    go("ingest");
  }
  void outcome(uint64_t, int, std::string_view) { go("outcome"); }
  static constexpr sdk::Option options[] = {
      {"where", sdk::Kind::text, "", "the function"},
      {"what", sdk::Kind::text, "runtime_error", "the exception"}};

 private:
  void go(std::string_view here) const {
    if (where_ != here) return;
    if (what_ == "sdk") throw sdk::Error("thrown in " + where_);
    if (what_ == "number") throw 42;
    if (what_ == "memory") throw std::bad_alloc();
    throw std::runtime_error("thrown in " + where_);
  }
  std::string where_, what_;
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::BadThrow, "bad_throw", "1")
