// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace stoq::cli {

struct KernelFeature {
  std::string name;
  bool there = false;
  std::string detail;   // "ABI 3"
  bool needed = false;  // nothing works without it
};

// What this kernel offers to keep plugins apart, tried.
std::vector<KernelFeature> kernel_features();

}  // namespace stoq::cli
