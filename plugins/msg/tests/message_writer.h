// SPDX-License-Identifier: Apache-2.0
//
// Writes Outlook messages.
#pragma once

#include "compound_writer.h"

namespace office_samples {

struct Attachment {
  std::string name, content;
  std::vector<Node> object;  // in place of content: a message or an OLE object
  bool is_message = false;
};
struct Message {
  std::string subject, body, html;
  std::vector<Attachment> attachments;
};

/// The children of the root; `inner`: of a message in another.
std::vector<Node> message_nodes(const Message& message, bool inner = false);
std::string message_file(const Message& message);
/// RTF as it stands in a message: stored, or compressed by literals alone.
std::string rtf_property(const std::string& rtf, bool compressed);

}  // namespace office_samples
