// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "cli/page.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {

// Results of the workers for mails and documents: who and what at first, then what lies inside and
// what it does. False: of another worker, or not of the shape that is known; nothing was added.
bool add_document(Page& page, std::string_view rail, std::string_view worker, sdk::JsonView result);

}  // namespace stoq::cli
