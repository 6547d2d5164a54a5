// SPDX-License-Identifier: Apache-2.0
//
// Templates as files.
#pragma once

#include <string>

#include "template.h"

namespace stoq::plugins::jinja {

// Compiles the file at `path` with what it includes and extends, all of which lie in its folder or
// below, links followed. Throws sdk::Error.
Template compile_file(const std::string& path);

}  // namespace stoq::plugins::jinja
