// SPDX-License-Identifier: Apache-2.0
// Executables that UPX packed: blocks, filters, and what tables of Windows programs are made of.
#include "fuzz/target.h"
#include "plugins/upx/filter.h"
#include "plugins/upx/nrv.h"
#include "plugins/upx/packed.h"
#include "plugins/upx/tests/packer.h"

using stoq::fuzz::must;
namespace upx = stoq::plugins::upx;

STOQ_FUZZ(upx) {
  constexpr std::size_t kMost = 1 << 20;
  std::string why;
  const auto unpacked = upx::unpack(data, kMost, why);
  must(!unpacked || (!unpacked->format.empty() && !unpacked->method.empty()));
  must(unpacked || why.size() < 100);
  if (data.size() < 4) return;
  std::string out;
  const auto method = static_cast<upx::Method>(data[0]);
  if (upx::expand(method, data.subspan(4), data[1] * 16u, out)) must(out.size() == data[1] * 16u);
  must(out.size() <= data[1] * 16u);
  upx::undo_filter(data[2], data[3], data[0], out);
}

STOQ_FUZZ_SEEDS(upx) {
  using namespace stoq::test;
  return {packed_elf(sample_elf()), packed_elf(sample_elf(), {.wiped = true}),
          packed_pe(sample_pe(false)), packed_pe(sample_pe(true)),
          std::string("\x02\x02\x26\x05", 4) + literals("sixteen literals")};
}
