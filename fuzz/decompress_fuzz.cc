// SPDX-License-Identifier: Apache-2.0
// unpack() over hostile bytes; the sink stops after 16 MiB, and checks the order of its calls.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "plugins/decompress/unpack.h"

namespace {

using namespace stoq::plugins::decompress;

class Counter : public Sink {
 public:
  Flow begin(const Member&) override {
    if (open_) std::abort();
    open_ = true;
    return Flow::go_on;
  }
  Flow data(std::span<const std::uint8_t> bytes) override {
    if (!open_ || bytes.empty()) std::abort();
    total_ += bytes.size();
    return total_ > kMost ? Flow::stop : Flow::go_on;
  }
  Flow end(bool) override {
    if (!open_) std::abort();
    open_ = false;
    return Flow::go_on;
  }
  bool cancelled() override { return ++calls_ > kMostCalls; }
  bool open() const { return open_; }

 private:
  static constexpr std::uint64_t kMost = 16u << 20, kMostCalls = 100'000;
  std::uint64_t total_ = 0, calls_ = 0;
  bool open_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Options options;
  options.passwords = {"-", "infected", "password"};
  options.maximum_size = size % 2 ? 1u << 20 : 0;
  Counter sink;
  const auto report = unpack({data, size}, "member", options, sink);
  if (sink.open() || report.members.size() > report.member_count) std::abort();
  return 0;
}
