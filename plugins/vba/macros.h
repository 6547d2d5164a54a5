// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "office/sink.h"

namespace stoq::plugins::vba {

/// Gives the source of each macro in a compound file, or in the parts of an Office Open XML package,
/// to `sink`, and answers with the result as JSON; "" where there are no macros.
std::string take_macros(office::Bytes content, office::Sink& sink);

}  // namespace stoq::plugins::vba
