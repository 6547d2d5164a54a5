// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include <algorithm>

#include "data_uri.h"

namespace stoq::plugins::html {
namespace {

using std::string_view;

constexpr std::size_t kMostAttributes = 1000;  // of one tag
constexpr std::size_t kMostTitle = 1000, kMostTarget = 8192;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
std::string lowered(string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}
bool starts_with_lower(string_view text, string_view low) {
  return text.size() >= low.size() && std::equal(low.begin(), low.end(), text.begin(),
                                                 [](char a, char b) { return a == lower(b); });
}

// The place of `</name`; the size of the text if there is none.
std::size_t find_close(string_view html, std::size_t from, string_view name) {
  for (std::size_t at = from; (at = html.find("</", at)) != html.npos; at += 2)
    if (starts_with_lower(html.substr(at + 2), name)) return at;
  return html.size();
}

struct Attribute {
  std::string name;
  std::size_t at = 0, size = 0;  // of its value
};

struct Tag {
  std::string name;
  std::vector<Attribute> attributes;
  std::size_t begin = 0, end = 0;

  const Attribute* find(string_view wanted) const {
    const auto at = std::ranges::find(attributes, wanted, &Attribute::name);
    return at == attributes.end() ? nullptr : &*at;
  }
};

// The tag whose '<' stands at `at`.
Tag read_tag(string_view html, std::size_t at) {
  Tag tag;
  tag.begin = at++;
  const auto until = [&](string_view stop) {
    const std::size_t begin = at;
    while (at < html.size() && stop.find(html[at]) == stop.npos) ++at;
    return html.substr(begin, at - begin);
  };
  tag.name = lowered(until(" \t\r\n\f/>").substr(0, 40));
  while (at < html.size() && html[at] != '>') {
    if (is_space(html[at]) || html[at] == '/') {
      ++at;
      continue;
    }
    Attribute attribute;
    const std::size_t start = at;
    attribute.name = lowered(until("= \t\r\n\f/>").substr(0, 40));
    if (at == start) ++at;  // a '=' that has no name before it
    while (at < html.size() && is_space(html[at])) ++at;
    if (at < html.size() && html[at] == '=') {
      ++at;
      while (at < html.size() && is_space(html[at])) ++at;
      if (at < html.size() && (html[at] == '"' || html[at] == '\'')) {
        const char quote = html[at++];
        attribute.at = at;
        at = std::min(html.find(quote, at), html.size());
        attribute.size = at - attribute.at;
        if (at < html.size()) ++at;
      } else {
        attribute.at = at;
        attribute.size = until(" \t\r\n\f>").size();
      }
    }
    if (tag.attributes.size() < kMostAttributes) tag.attributes.push_back(std::move(attribute));
  }
  tag.end = std::min(at + 1, html.size());
  return tag;
}

class Reader {
 public:
  Reader(string_view html, std::size_t least_handler)
      : html_(html), least_handler_(least_handler) {}

  Page run() {
    page_.data_uris = find_data_uris(html_);
    for (std::size_t at = 0; (at = html_.find('<', at)) != html_.npos;) {
      const bool name =
          at + 1 < html_.size() && lower(html_[at + 1]) >= 'a' && lower(html_[at + 1]) <= 'z';
      at = name ? tag(read_tag(html_, at)) : at + 1;
    }
    return std::move(page_);
  }

 private:
  // Where to go on.
  std::size_t tag(const Tag& tag) {
    for (const Attribute& attribute : tag.attributes) take(tag, attribute);
    if (tag.name == "script") {
      const std::size_t end = find_close(html_, tag.end, "script");
      const Attribute* type = tag.find("type");
      if (!type) type = tag.find("language");
      add_script(tag.end, end - tag.end, "script",
                 type ? std::string(value(*type).substr(0, 100)) : std::string());
      return end;
    }
    if (tag.name == "title" && page_.title.empty()) {
      const std::size_t end = find_close(html_, tag.end, "title");
      page_.title = html_.substr(tag.end, std::min(end - tag.end, kMostTitle));
    }
    return tag.end;
  }

  string_view value(const Attribute& attribute) const {
    return html_.substr(attribute.at, attribute.size);
  }

  void take(const Tag& tag, const Attribute& attribute) {
    string_view text = value(attribute);
    std::size_t at = attribute.at;
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1), ++at;
    if (is_handler(attribute.name, text)) {
      add_script(attribute.at, attribute.size, "handler", attribute.name);
    } else if (attribute.name == "download") {
      downloads(tag, text);
    } else if (starts_with_lower(text, "javascript:") || starts_with_lower(text, "vbscript:")) {
      const std::size_t scheme = text.find(':') + 1;
      if (text.size() - scheme >= least_handler_)
        add_script(at + scheme, text.size() - scheme, "uri",
                   std::string(text.substr(0, scheme - 1)));
    } else if (is_reference(text)) {
      page_.references.push_back(
          {tag.name, attribute.name, std::string(text.substr(0, kMostTarget))});
    } else if (tag.name == "meta" && attribute.name == "content") {
      const std::size_t url = lowered(text.substr(0, 100)).find("url=");
      if (url != text.npos)
        page_.references.push_back(
            {tag.name, attribute.name, std::string(text.substr(url + 4, kMostTarget))});
    }
  }

  // A name such as "oncut" or a longer one, and code, which holds no control characters.
  bool is_handler(string_view name, string_view text) const {
    return name.size() >= 5 && name.starts_with("on") && text.size() >= least_handler_ &&
           std::ranges::all_of(name, [](char c) { return c >= 'a' && c <= 'z'; }) &&
           std::ranges::none_of(
               text, [](char c) { return static_cast<unsigned char>(c) < ' ' && !is_space(c); });
  }

  static bool is_reference(string_view text) {
    for (const string_view scheme :
         {"http:", "https:", "ftp:", "file:", "//", "\\\\", "ms-", "search-ms:", "hxxp"})
      if (starts_with_lower(text, scheme)) return true;
    return false;
  }

  void downloads(const Tag& tag, string_view name) {
    if (name.empty()) return;
    const std::string text(name.substr(0, kMostTitle));
    page_.downloads.push_back(text);
    auto uri = std::ranges::lower_bound(page_.data_uris, tag.begin, {}, &DataUri::at);
    for (; uri != page_.data_uris.end() && uri->at < tag.end; ++uri) uri->filename = text;
  }

  void add_script(std::size_t at, std::size_t size, string_view where, std::string type) {
    if (std::ranges::all_of(html_.substr(at, size), is_space)) return;
    page_.scripts.push_back({at, size, where, std::move(type)});
  }

  string_view html_;
  std::size_t least_handler_;
  Page page_;
};

}  // namespace

Page read_page(string_view html, std::size_t least_handler) {
  return Reader(html, least_handler).run();
}

}  // namespace stoq::plugins::html
