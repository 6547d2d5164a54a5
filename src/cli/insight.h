// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "cli/page.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {

// Results of which an analyst wants to see some things first. False: not of the shape that is
// known; nothing was added.
bool add_metadata(Page& page, std::string_view rail, sdk::JsonView exif);
bool add_indicators(Page& page, std::string_view rail, sdk::JsonView found);

}  // namespace stoq::cli
