// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "office/sink.h"

namespace stoq::plugins::ole {

/// Gives every stream of a compound file to `sink`, packed files as themselves, and answers with the
/// result as JSON; "" for what is no compound file. An ActiveMime container gives what it holds.
std::string take_apart(office::Bytes content, office::Sink& sink);

/// The name of a stream in a Windows Installer package, which packs two characters into one; any
/// other name as it is. Both UTF-8.
std::string installer_name(const std::string& name);

}  // namespace stoq::plugins::ole
