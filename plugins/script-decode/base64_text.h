// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoq::plugins::script_decode {

/// A text whose string literals are put together where the script does so: "ab" + "cd" is "abcd",
/// over line breaks too, with '+', '&', and the '_' of Visual Basic.
class Joined {
 public:
  /// `text` must outlive it.
  explicit Joined(std::string_view text);
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;
  std::string_view text() const { return text_; }
  /// Where a character of it stands in the text that it was made of.
  std::size_t origin(std::size_t at) const;

 private:
  std::string joined_;
  std::string_view text_;  // joined_, or the text itself where nothing is to be joined
  std::vector<std::pair<std::size_t, std::size_t>> joints_;  // place here, place there
};

struct Decoded {
  std::size_t at = 0;     // of its first character of base64
  std::string_view kind;  // "powershell command", a kind of file, or "text"
  std::string content;
};

/// Finds base64 that holds a command of PowerShell (behind -enc and its short forms), a known kind
/// of file, or text, also under deflate where the text speaks of DeflateStream. `found` answers
/// false when it wants no more. Linear. [thread-safe]
void each_base64(std::string_view text, std::size_t least,
                 const std::function<bool(Decoded&&)>& found);

}  // namespace stoq::plugins::script_decode
