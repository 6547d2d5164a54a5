// SPDX-License-Identifier: Apache-2.0
#include "base64_text.h"

#include <algorithm>

#include "carving/base64.h"
#include "carving/inflate.h"
#include "carving/kind.h"
#include "stoq/sdk/json.h"

namespace stoq::plugins::script_decode {
namespace {

using carving::Bytes;
using carving::bytes_of;
using std::string_view;

constexpr std::size_t kLeastCommand = 16, kLeastText = 24;
constexpr std::size_t kMostInflated = 64u << 20;
constexpr std::size_t kMostBetween = 200;  // characters between two parts of a literal

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Behind `" + "` at `at`, the place of its first quote; `at` itself if it is none.
std::size_t behind_joint(string_view text, std::size_t at) {
  const char quote = text[at];
  const std::size_t end = std::min(text.size(), at + kMostBetween);
  bool plus = false;
  for (std::size_t i = at + 1; i < end; ++i) {
    const char c = text[i];
    if (c == '+' || c == '&') {
      if (plus) return at;
      plus = true;
    } else if (c == quote) {
      return plus ? i + 1 : at;
    } else if (!is_space(c) && !(c == '_' && plus)) {
      return at;
    }
  }
  return at;
}

// Where quotes stand, both kinds.
class Quotes {
 public:
  explicit Quotes(string_view text) : text_(text) {}

  // At or behind `from`, which never goes back; the size of the text if there is none.
  std::size_t next(std::size_t from) {
    if (single_ < from || from == 0) single_ = std::min(text_.find('\'', from), text_.size());
    if (double_ < from || from == 0) double_ = std::min(text_.find('"', from), text_.size());
    return std::min(single_, double_);
  }

 private:
  string_view text_;
  std::size_t single_ = 0, double_ = 0;
};

// Whether what stands before `at` is the switch of PowerShell that takes an encoded command: a
// beginning of -EncodedCommand, or -ec.
bool behind_switch(string_view text, std::size_t at) {
  std::size_t end = at;
  while (end > 0 && at - end < 40 &&
         (is_space(text[end - 1]) || text[end - 1] == '"' || text[end - 1] == '\''))
    --end;
  if (end == at) return false;
  std::string word;
  while (end > 0 && word.size() < 16 &&
         static_cast<unsigned char>((text[end - 1] | 0x20) - 'a') < 26)
    word.insert(word.begin(), static_cast<char>(text[--end] | 0x20));
  if (end == 0 || (text[end - 1] != '-' && text[end - 1] != '/')) return false;
  return !word.empty() && (string_view("encodedcommand").starts_with(word) || word == "ec");
}

// Whether UTF-16 has a letter of ASCII in it, as every command that does something has.
bool has_wide_ascii(string_view content) {
  for (std::size_t i = 0; i + 1 < content.size(); i += 2)
    if (content[i + 1] == 0 && content[i] > ' ' && content[i] < 0x7F) return true;
  return false;
}

// Whether it is a command, which it becomes: UTF-16, as PowerShell reads it, or text of other tools.
bool is_command(std::string& content) {
  const Bytes bytes = bytes_of(content);
  auto text = carving::from_wide(bytes);
  if (!text && carving::kind_of(bytes).empty() && has_wide_ascii(content))
    text = sdk::text_from_utf16(bytes);
  if (!text) return carving::is_ascii(bytes);
  content = std::move(*text);
  return true;
}

// What of it is worth giving, and as what; "" for nothing.
string_view judge(std::string& content) {
  const string_view kind = carving::kind_of(bytes_of(content));
  if (!kind.empty()) return kind;
  if (content.size() < kLeastText) return "";
  if (auto text = carving::from_wide(bytes_of(content))) {
    content = std::move(*text);
    return "text";
  }
  return carving::is_ascii(bytes_of(content)) ? "text" : "";
}

}  // namespace

Joined::Joined(string_view text) {
  std::size_t from = 0;
  Quotes quotes(text);
  for (std::size_t at = 0; (at = quotes.next(at)) < text.size();) {
    const std::size_t next = behind_joint(text, at);
    if (next == at) {
      ++at;
      continue;
    }
    joined_ += text.substr(from, at - from);
    joints_.emplace_back(joined_.size(), next);
    from = at = next;
  }
  if (joints_.empty())
    text_ = text;
  else
    text_ = joined_ += text.substr(from);
}

std::size_t Joined::origin(std::size_t at) const {
  const auto next =
      std::upper_bound(joints_.begin(), joints_.end(), at,
                       [](std::size_t value, const auto& joint) { return value < joint.first; });
  if (next == joints_.begin()) return at;
  const auto& [here, there] = *std::prev(next);
  return there + (at - here);
}

void each_base64(string_view text, std::size_t least, const std::function<bool(Decoded&&)>& found) {
  const bool deflated = text.find("DeflateStream") != text.npos;
  const Joined joined(text);
  const string_view all = joined.text();
  const std::size_t smallest = std::min(least, kLeastCommand);
  std::size_t room = kMostInflated;  // for all that is inflated
  for (std::size_t at = 0;;) {
    const auto run = carving::next_base64(all, at, smallest);
    if (!run) return;
    at = run->at + run->size;
    const string_view digits = all.substr(run->at, run->size);
    const bool command = behind_switch(all, run->at);
    if (!command && digits.size() < least) continue;
    Decoded decoded{joined.origin(run->at), "", carving::decode_base64(digits)};
    decoded.kind =
        command && is_command(decoded.content) ? "powershell command" : judge(decoded.content);
    if (decoded.kind.empty() && deflated && room > 0) {
      auto inflated =
          carving::inflate(carving::Inflater::Kind::deflate, bytes_of(decoded.content), room);
      room -= inflated.content.size();
      if (!inflated.damaged) {
        decoded.content = std::move(inflated.content);
        decoded.kind = judge(decoded.content);
      }
    }
    if (!decoded.kind.empty() && !found(std::move(decoded))) return;
  }
}

}  // namespace stoq::plugins::script_decode
