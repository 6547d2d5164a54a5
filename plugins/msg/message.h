// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "office/sink.h"

namespace stoq::plugins::msg {

/// Gives the bodies and attachments of an Outlook message, and of the messages in it, to `sink`, and
/// answers with the result as JSON; "" for what is no message.
std::string take_apart(office::Bytes content, office::Sink& sink);

}  // namespace stoq::plugins::msg
