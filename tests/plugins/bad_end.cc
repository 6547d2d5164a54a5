// SPDX-License-Identifier: Apache-2.0
//
// On content that begins with "poison": gives half an answer, then ends its process as the option
// `how` says, or never answers.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

class BadEnd {
 public:
  explicit BadEnd(const sdk::Host& host) : how_(host.text("how")) {
    if (host.boolean("in_create")) end();
  }
  void scan(const sdk::Payload& payload, sdk::Call& call) {
    if (!payload.text().starts_with("poison")) return;
    call.error("said before the end");
    call.begin();
    call.write(payload.content());
    end();
  }
  static constexpr sdk::Option options[] = {
      {"how", sdk::Kind::text, "segfault", "segfault, abort, exit, loop, memory"},
      {"in_create", sdk::Kind::boolean, "no", "already while it is loaded"}};

 private:
  void end() const {
    if (how_ == "segfault") raise(SIGSEGV);
    if (how_ == "abort") std::abort();
    if (how_ == "exit") std::exit(0);
    if (how_ == "loop")
      while (true) usleep(100);
    if (how_ == "memory")
      for (std::vector<std::string> eaten;;) eaten.emplace_back(1 << 20, 'm');
  }
  std::string how_;
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::BadEnd, "bad_end", "1")
