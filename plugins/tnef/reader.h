// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "charset/charset.h"

namespace stoq::plugins::tnef {

struct Attachment {
  std::string name;  // the long one where there is one; UTF-8
  std::string mime_type, content_id;
  std::vector<std::string_view> contents;  // where the file gives several, each that differs
  bool is_message = false;                 // another message, in TNEF
  bool is_complete = true;
};

struct Message {
  std::string subject, from, message_class, body;  // UTF-8
  std::string_view html, rtf;                      // as stored; the latter is compressed
  std::string charset;                             // of its text, by its code page
  std::vector<Attachment> attachments;
  std::uint64_t more_attachments = 0;  // behind the first 100 000, which are not kept
  std::vector<std::string> defects;    // what is not as it should be
};

/// Whether `bytes` begin with the signature of TNEF.
bool is_tnef(std::string_view bytes);

/// Reads a TNEF stream as far as it goes. Linear; views point into `bytes`.
Message read_tnef(std::string_view bytes, const charset::Charsets& charsets);

}  // namespace stoq::plugins::tnef
