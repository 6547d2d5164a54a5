// SPDX-License-Identifier: Apache-2.0
// unpack() over hostile bytes; the sink stops after 16 MiB, and checks the order of its calls.
#include "fuzz/target.h"
#include "plugins/decompress/rar5.h"
#include "plugins/decompress/sniff.h"
#include "plugins/decompress/unpack.h"

using namespace stoq::plugins::decompress;
using stoq::fuzz::must;

namespace {

class Counter : public Sink {
 public:
  Flow begin(const Member&) override {
    must(!open_);
    open_ = true;
    return Flow::go_on;
  }
  Flow data(std::span<const std::uint8_t> bytes) override {
    must(open_ && !bytes.empty());
    total_ += bytes.size();
    return total_ > kMost ? Flow::stop : Flow::go_on;
  }
  Flow end(bool) override {
    must(open_);
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

STOQ_FUZZ(decompress) {
  const Sniffed sniffed = sniff(data);
  must(sniffed.begin <= sniffed.end && sniffed.end <= data.size());
  must(rar5_locks(data).size() <= data.size());
  Options options;
  options.passwords = {"-", "infected", "password"};
  options.maximum_size = data.size() % 2 ? 1u << 20 : 0;
  Counter sink;
  const Report report = unpack(data, "member", options, sink);
  must(!sink.open() && report.members.size() <= report.member_count);
  must(report.errors.size() <= 101 && report.members.size() <= options.max_listed_members);
}
