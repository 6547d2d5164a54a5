// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace stoq {

// Where this installation, or build tree, keeps what belongs to it. Found from where libstoq itself
// lies.
std::string installed_plugin_dir();
std::string host_program();
std::string python_host_program();  // beside it
std::string python_packages();      // the directory in which the Python package stoq lies
// An empty directory beside it, over which a host process mounts its private one.
std::string host_tmp_place();
std::string shipped_config();

// The Python whose library stoq-pyhost has built in; what is installed for it plugins find.
inline constexpr const char* kPython = "/usr/bin/python3";

}  // namespace stoq
