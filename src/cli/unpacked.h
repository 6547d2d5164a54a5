// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "cli/page.h"
#include "stoq/sdk/json.h"

namespace stoq::cli {

// Writes what the worker `decompress` says of an archive: format, members, password, and which
// members were not extracted and why. False, and nothing written, when the result says none of
// that.
bool add_unpacked(Page& page, std::string_view rail, sdk::JsonView result);

}  // namespace stoq::cli
