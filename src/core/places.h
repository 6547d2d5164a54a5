// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace stoq {

// Where this installation, or build tree, keeps what belongs to it. Found from where libstoq itself
// lies.
std::string installed_plugin_dir();
std::string host_program();
std::string shipped_config();

}  // namespace stoq
