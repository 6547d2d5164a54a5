// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "office/sink.h"

namespace stoq::plugins::rtf {

/// Gives the objects in an RTF document to `sink`, packed files as themselves, and answers with the
/// result as JSON; "" for what is no RTF.
std::string take_objects(office::Bytes content, office::Sink& sink);

}  // namespace stoq::plugins::rtf
