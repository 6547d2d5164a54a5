// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "page.h"

namespace stoq::plugins::html {

/// All data: URIs of a text, wherever they stand. Linear.
std::vector<DataUri> find_data_uris(std::string_view html);

}  // namespace stoq::plugins::html
