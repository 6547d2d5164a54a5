// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stoq/abi/helper.h"

namespace stoq {

// The table of STOQ_HELPER, for every NativeHost.
const stoq_helper* native_helper_table();

}  // namespace stoq
