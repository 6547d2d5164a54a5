// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace stoq::cli {

// Python packages that a plugin needs, as its requirements.txt says: of the folder that holds its
// .stoq, or of one above it up to `top`. "" when there is none.
std::string requirements_of(const std::string& folder, const std::string& top);

// What of requirements.txt in this folder is not there for Python goes into a virtual environment in
// it. Gives the packages that were fetched, "" when none had to be. StoqException says what is
// missing, and why it is not to be had.
std::string provide_requirements(const std::string& folder);

}  // namespace stoq::cli
