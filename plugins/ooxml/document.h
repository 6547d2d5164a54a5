// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "office/sink.h"

namespace stoq::plugins::ooxml {

/// Answers what an Office Open XML document holds and reaches for, as JSON; "" for what is none. Of
/// one that is a single XML file (Flat OPC, Word 2003) the binary parts go to `sink`.
std::string inspect(office::Bytes content, office::Sink& sink);

}  // namespace stoq::plugins::ooxml
