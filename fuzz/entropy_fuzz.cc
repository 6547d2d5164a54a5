// SPDX-License-Identifier: Apache-2.0
// Bits per byte, whatever their order.
#include "fuzz/target.h"
#include "plugins/entropy/shannon.h"

STOQ_FUZZ(entropy) {
  using stoq::fuzz::must;
  const double bits = stoq::plugins::entropy::shannon_entropy(data);
  must(bits >= 0 && bits <= 8);
  const std::vector<uint8_t> backwards(data.rbegin(), data.rend());
  must(stoq::plugins::entropy::shannon_entropy(backwards) == bits);
}
