// SPDX-License-Identifier: Apache-2.0
#include "xml.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <vector>

#include "stoq/sdk/json.h"

namespace stoq::plugins::xdpcarve {
namespace {

using std::string_view;

constexpr std::size_t kMaxDepth = 10'000;
constexpr string_view kSpace = " \t\r\n";

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// Appends what the entity at the start of `text` ("&...") stands for and gives its length; one that
// is unknown stays as it is.
std::size_t expand(string_view text, std::string& out) {
  static constexpr std::pair<string_view, char> kNamed[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  for (const auto& [name, c] : kNamed)
    if (text.starts_with(name)) {
      out += c;
      return name.size();
    }
  const string_view entity = text.substr(0, 12);
  if (const auto end = entity.find(';'); entity.starts_with("&#") && end != entity.npos) {
    const bool hex = entity[2] == 'x';
    const char *const first = entity.data() + (hex ? 3 : 2), *const last = entity.data() + end;
    std::uint32_t c = 0;
    const auto [stop, problem] = std::from_chars(first, last, c, hex ? 16 : 10);
    if (problem == std::errc() && stop == last && first != last && c > 0 && c < 0x110000 &&
        (c < 0xD800 || c > 0xDFFF)) {
      append_utf8(out, c);
      return end + 1;
    }
  }
  out += '&';
  return 1;
}

class Walk {
 public:
  Walk(string_view xml, const std::function<bool(string_view)>& wanted, const OnElement& found)
      : xml_(xml), wanted_(wanted), found_(found) {}

  std::string run() {
    while (at_ < xml_.size() && problem_.empty() && !enough_) {
      const std::size_t open = std::min(xml_.find('<', at_), xml_.size());
      add_text(xml_.substr(at_, open - at_));
      at_ = open;
      if (at_ < xml_.size() && problem_.empty()) markup();
    }
    if (problem_.empty() && !enough_ && !seen_) problem("there is no element");
    if (problem_.empty() && !enough_ && !open_.empty())
      problem("<" + std::string(open_.back().name.substr(0, 60)) + "> is not closed");
    return problem_;
  }

 private:
  struct Element {
    string_view name;  // whole
    std::size_t at;
    bool wanted;
    std::string text;
  };

  static string_view local(string_view name) {
    return name.substr(name.rfind(':') + 1);  // npos + 1 is 0
  }
  void problem(std::string what) { problem_ = std::move(what) + " at byte " + std::to_string(at_); }

  void add_text(string_view text) {
    if (open_.empty()) {
      if (text.find_first_not_of(kSpace) != text.npos) problem("text outside of any element");
    } else if (open_.back().wanted) {
      std::string& out = open_.back().text;
      while (!text.empty()) {
        const std::size_t entity = std::min(text.find('&'), text.size());
        out.append(text.substr(0, entity));
        text.remove_prefix(entity);
        if (!text.empty()) text.remove_prefix(expand(text, out));
      }
    }
  }

  // Behind `end`, which must come; `from` characters of what stands here are passed first.
  bool skip(std::size_t from, string_view end) {
    const std::size_t found = xml_.find(end, at_ + from);
    if (found == xml_.npos) {
      problem("'" + std::string(end) + "' is missing for what begins");
      return false;
    }
    at_ = found + end.size();
    return true;
  }

  void markup() {
    const string_view rest = xml_.substr(at_);
    if (rest.starts_with("<!--")) {
      skip(4, "-->");
    } else if (rest.starts_with("<![CDATA[")) {
      const std::size_t begin = at_ + 9;
      if (skip(9, "]]>") && !open_.empty() && open_.back().wanted)
        open_.back().text.append(xml_.substr(begin, at_ - 3 - begin));
    } else if (rest.starts_with("<?")) {
      skip(2, "?>");
    } else if (rest.starts_with("<!")) {
      declaration();
    } else if (rest.starts_with("</")) {
      close();
    } else {
      open();
    }
  }

  void declaration() {  // <!DOCTYPE ... [ ... ]>: its entities are not for us
    int brackets = 0;
    char quote = 0;
    for (std::size_t i = at_; i < xml_.size(); ++i) {
      const char c = xml_[i];
      if (quote) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '[') {
        ++brackets;
      } else if (c == ']') {
        --brackets;
      } else if (c == '>' && brackets <= 0) {
        at_ = i + 1;
        return;
      }
    }
    problem("'>' is missing for what begins");
  }

  string_view name_at(std::size_t at) const {
    const std::size_t end = std::min(xml_.find_first_of(" \t\r\n/><=\"'", at), xml_.size());
    return xml_.substr(at, end - at);
  }

  void open() {
    const std::size_t begin = at_;
    const string_view name = name_at(at_ + 1);
    if (name.empty() || static_cast<unsigned char>(name[0] - '0') < 10)
      return problem("'<' begins no element");
    std::size_t i = at_ + 1 + name.size();
    for (char quote = 0; i < xml_.size() && (quote || xml_[i] != '>'); ++i) {
      const char c = xml_[i];
      if (quote) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '<') {
        break;
      }
    }
    if (i >= xml_.size() || xml_[i] != '>') return problem("'>' is missing for what begins");
    seen_ = true;
    at_ = i + 1;
    const bool wanted = wanted_(local(name));
    if (xml_[i - 1] == '/') {
      if (wanted) enough_ = !found_(local(name), {}, begin);
    } else if (open_.size() >= kMaxDepth) {
      problem("more than 10000 levels of elements");
    } else {
      open_.push_back({name, begin, wanted, {}});
    }
  }

  void close() {
    const string_view name = name_at(at_ + 2);
    if (open_.empty() || open_.back().name != name)
      return problem("</" + std::string(name.substr(0, 60)) + "> closes nothing that is open");
    if (!skip(2, ">")) return;
    Element& element = open_.back();
    if (element.wanted) enough_ = !found_(local(element.name), std::move(element.text), element.at);
    open_.pop_back();
  }

  string_view xml_;
  const std::function<bool(string_view)>& wanted_;
  const OnElement& found_;
  std::size_t at_ = 0;
  std::vector<Element> open_;
  std::string problem_;
  bool seen_ = false, enough_ = false;
};

}  // namespace

std::string walk(string_view xml, const std::function<bool(string_view)>& wanted,
                 const OnElement& found) {
  if (xml.starts_with("\xEF\xBB\xBF")) xml.remove_prefix(3);
  std::string converted;
  if (xml.starts_with("\xFF\xFE") || xml.starts_with("\xFE\xFF")) {
    converted =
        sdk::text_from_bytes({reinterpret_cast<const std::uint8_t*>(xml.data()), xml.size()});
    xml = converted;
  }
  return Walk(xml, wanted, found).run();
}

}  // namespace stoq::plugins::xdpcarve
