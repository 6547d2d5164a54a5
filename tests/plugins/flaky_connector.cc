// SPDX-License-Identifier: Apache-2.0
//
// Saves each response as a file of `results_dir`, whole or not at all; every fifth call fails.
#include <atomic>
#include <cstdio>
#include <fstream>

#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

class FlakyConnector {
 public:
  explicit FlakyConnector(const sdk::Host& host) : results_dir_(host.text("results_dir")) {}

  void save(sdk::Call& call) {
    if (++calls_ % 5 == 0) throw sdk::Error("one time in five");
    const std::string name(call.scan_id());
    const std::string temporary = results_dir_ + "/." + name, path = results_dir_ + "/" + name;
    std::ofstream file(temporary);
    file << call.response() << '\n';
    file.close();
    if (!file || std::rename(temporary.c_str(), path.c_str()) != 0)
      throw sdk::Error("cannot write " + path);
  }
  static constexpr sdk::Option options[] = {
      {"results_dir", sdk::Kind::text, ".", "where the files go"}};

 private:
  const std::string results_dir_;
  std::atomic<unsigned> calls_ = 0;
};

}  // namespace
}  // namespace stoq::test

STOQ_PLUGIN(stoq::test::FlakyConnector, "flaky_connector", "1")
