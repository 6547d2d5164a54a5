// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "coding.h"
#include "header.h"
#include "parameters.h"

namespace stoq::plugins::smtp {

/// A leaf of the tree of parts.
struct Part {
  enum class Kind : std::uint8_t {
    content,  // text, attachment, anything that is not looked into
    message,  // a mail in the mail
    entity,   // header and body of a part that lies too deep, to be read as a mail of its own
    surplus,  // what stands before the first or behind the last part
  };
  Kind kind = Kind::content;
  std::string type = "text/plain";  // in lower case
  std::string charset;              // as it stands there; empty: none
  std::string description, disposition, content_id;
  std::string filename;                  // empty: none
  std::vector<std::string> other_names;  // that the header gives too
  std::vector<std::string> other_types;  // of further Content-Type fields
  Encoding encoding = Encoding::none;
  std::string encoding_name;  // as it stands there
  std::string_view body;      // encoded
  bool root = false;          // of a multipart/related

  bool is_attachment() const { return disposition == "attachment" || !filename.empty(); }
};

struct Mail {
  Head head;
  std::vector<Part> parts;           // in the order in which they stand
  std::vector<std::string> defects;  // what is not as it should be, and how it was read; <= 100
  std::deque<std::string> decoded;   // what parts may point into
};

/// Reads the structure of a mail: header, and parts in any depth. Where headers contradict each
/// other (several Content-Types, boundaries or encodings), every reading that finds something is
/// followed, so that what one mail program shows and another hides is found. At most 32 deep and
/// 100 000 parts; work is bounded by 64 times the size. Views point into `text` and into
/// Mail::decoded.
Mail parse_mail(std::string_view text, const charset::Charsets& charsets);

}  // namespace stoq::plugins::smtp
