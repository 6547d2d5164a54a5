// SPDX-License-Identifier: Apache-2.0
#include "cli/tree.h"

namespace stoq::cli {

std::string tree_text(const StoqResponse&, const TreeStyle&) { return ""; }

}  // namespace stoq::cli
