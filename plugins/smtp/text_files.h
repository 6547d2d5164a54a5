// SPDX-License-Identifier: Apache-2.0
//
// Files that stand in a text as text: uuencode, its base64 kin, BinHex 4.0.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace stoq::plugins::smtp {

struct TextFile {
  std::string_view kind;  // "uuencode", "base64", "binhex", "binhex resource fork"
  std::string name;       // bytes, as it stands there
  std::string content;
  std::size_t offset = 0;  // of its first line
  bool complete = true;    // it has its end, and what can be checked is right
};

/// Gives each file in `text`, in order, until `take` answers false. A line that looks like the
/// start of one is passed over where no file follows. One pass; `most` bounds a file's bytes.
void find_text_files(std::string_view text, std::size_t most,
                     const std::function<bool(TextFile&&)>& take);

/// One uuencoded file without the line before it, as a part with that encoding may have it.
std::string from_uuencode(std::string_view text);

}  // namespace stoq::plugins::smtp
