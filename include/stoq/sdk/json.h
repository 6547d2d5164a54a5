// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON for plugins and engine alike: write it, read it, turn bytes into its text.
//
// "Canonical" JSON is one line with ", " and ": ", UTF-8 unescaped, only the escapes that JSON
// demands, and numbers as Python prints them. JsonWriter writes it, JsonView reads it,
// stoq::json::canonicalise() makes it from foreign text. Nothing here throws but std::bad_alloc.
// Free functions and const members may be called from any thread.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoq/sdk/json_detail.h"

namespace stoq::sdk {

// True for strict UTF-8: no surrogates, no overlong forms, nothing above U+10FFFF.
inline bool valid_utf8(std::string_view text) {
  return detail::utf8_run(text.data(), text.data() + text.size()) == text.data() + text.size();
}

// Appends `text` in double quotes, escaped. Bytes that are not UTF-8 become U+FFFD, one per
// maximal subpart.
inline void append_quoted(std::string& out, std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  out.reserve(out.size() + text.size() + 2);
  out.push_back('"');
  for (;;) {
    const char* const run = p;
    p = detail::clean_run(p, end);
    out.append(run, static_cast<size_t>(p - run));
    if (p == end) break;
    if (detail::byte(*p) < 0x80) {
      char escape[6];
      out.append(escape, detail::escape_ascii(*p++, escape));
    } else {
      out.append(detail::kReplacement);
      p -= detail::utf8_sequence(p, end);
    }
  }
  out.push_back('"');
}

// Bytes as text, by: byte order mark (dropped), else strict UTF-8, else Windows-1252. What cannot
// be decoded is U+FFFD.
inline std::string text_from_bytes(std::span<const uint8_t> bytes) {
  using namespace std::string_view_literals;
  const std::string_view raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (raw.starts_with("\xEF\xBB\xBF"sv)) return detail::from_utf8(raw.substr(3));
  if (raw.starts_with("\xFF\xFE\0\0"sv)) return detail::from_utf32(bytes.subspan(4), false);
  if (raw.starts_with("\0\0\xFE\xFF"sv)) return detail::from_utf32(bytes.subspan(4), true);
  if (raw.starts_with("\xFF\xFE"sv)) return detail::from_utf16(bytes.subspan(2), false);
  if (raw.starts_with("\xFE\xFF"sv)) return detail::from_utf16(bytes.subspan(2), true);
  return valid_utf8(raw) ? std::string(raw) : detail::from_windows_1252(bytes);
}

// Bytes known to be UTF-16, the lower byte first, as text: there a byte order mark is a character.
inline std::string text_from_utf16(std::span<const uint8_t> bytes) {
  return detail::from_utf16(bytes, false);
}

// Appends canonical JSON to a string of its own and sets the commas. The caller closes what it
// opens, gives every value in an object a key, and no key twice. One thread at a time.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name) {
    comma();
    append_quoted(out_, name);
    out_.append(": ", 2);
    return *this;
  }

  JsonWriter& value(std::string_view text) {
    comma();
    append_quoted(out_, text);
    return *this;
  }
  JsonWriter& value(const char* text) {
    return text ? value(std::string_view(text)) : value(nullptr);
  }
  JsonWriter& value(std::nullptr_t) { return raw("null"); }
  JsonWriter& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
  JsonWriter& value(std::integral auto number) requires(!std::same_as<decltype(number), bool>) {
    char digits[24];
    const auto last = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return raw({digits, static_cast<size_t>(last - digits)});
  }
  // NaN and infinities become null.
  JsonWriter& value(double number) {
    char digits[detail::kDoubleSize];
    return raw({digits, detail::format_double(number, digits)});
  }

  // `canonical` is one complete value.
  JsonWriter& raw(std::string_view canonical) {
    comma();
    out_.append(canonical);
    return *this;
  }

  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  const std::string& str() const { return out_; }
  std::string take() { return std::exchange(out_, {}); }
  void clear() { out_.clear(); }  // keeps the capacity

 private:
  // The last byte tells whether something stands before: no value ends in one of these three.
  void comma() {
    if (out_.empty()) return;
    const char last = out_.back();
    if (last != '{' && last != '[' && last != ' ') out_.append(", ", 2);
  }
  JsonWriter& open(char bracket) {
    comma();
    out_.push_back(bracket);
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_.push_back(bracket);
    return *this;
  }

  std::string out_;
};

enum class JsonKind : uint8_t { missing, null, boolean, integer, number, string, array, object };

// Read-only view of JSON text that was validated before. The text must outlive the view and all
// views taken from it; strings are copied out. On text that is not JSON the answers are
// unspecified, mostly "missing", but never read outside. Look-ups walk the text from the front:
// iterate where many members are wanted.
class JsonView {
 public:
  struct Member;
  template <class Item>
  class Range;

  JsonView() = default;
  explicit JsonView(std::string_view text) : text_(detail::trimmed(text)) {}

  JsonKind kind() const {
    if (text_.empty()) return JsonKind::missing;
    switch (text_.front()) {
      case '{':
        return JsonKind::object;
      case '[':
        return JsonKind::array;
      case '"':
        return JsonKind::string;
      case 'n':
        return text_ == "null" ? JsonKind::null : JsonKind::missing;
      case 't':
        return text_ == "true" ? JsonKind::boolean : JsonKind::missing;
      case 'f':
        return text_ == "false" ? JsonKind::boolean : JsonKind::missing;
      default:
        break;
    }
    if ((text_.front() != '-' && !detail::is_digit(text_.front())) ||
        !detail::is_digit(text_.back()))
      return JsonKind::missing;
    if (text_.find_first_not_of("0123456789", 1) == text_.npos) return JsonKind::integer;
    return text_.find_first_not_of("0123456789+-.eE") == text_.npos ? JsonKind::number
                                                                    : JsonKind::missing;
  }
  explicit operator bool() const { return kind() != JsonKind::missing; }
  std::string_view text() const { return text_; }

  JsonView operator[](std::string_view key) const;
  JsonView operator[](size_t index) const;
  size_t size() const;  // of an array or object, else 0

  Range<Member> members() const;     // empty unless an object
  Range<JsonView> elements() const;  // empty unless an array

  std::optional<std::string> as_string() const { return detail::unquote(text_); }
  std::string string_or(std::string_view fallback) const {
    auto text = as_string();
    return text ? *std::move(text) : std::string(fallback);
  }
  bool bool_or(bool fallback) const {
    return kind() == JsonKind::boolean ? text_.front() == 't' : fallback;
  }
  // The fallback also where the integer does not fit.
  int64_t int_or(int64_t fallback) const { return number_or(fallback); }
  double double_or(double fallback) const { return number_or(fallback); }
  // The strings of an array, or a single string as one; other elements are left out.
  std::vector<std::string> strings() const;

 private:
  // Takes one element off `rest`, the text after an opening bracket. `key` is quoted, and
  // empty in an array.
  static bool next(std::string_view& rest, bool object, std::string_view& key, JsonView& value);
  std::string_view inside(char bracket) const {
    return !text_.empty() && text_.front() == bracket ? text_.substr(1) : std::string_view();
  }
  template <class T>
  T number_or(T fallback) const {
    if (!*this) return fallback;
    T number{};
    const char* const end = text_.data() + text_.size();
    const auto parsed = std::from_chars(text_.data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end ? number : fallback;
  }

  std::string_view text_;
};

struct JsonView::Member {
  std::string key;
  JsonView value;
};

template <class Item>
class JsonView::Range {
 public:
  class Iterator {
   public:
    using value_type = Item;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { ++*this; }
    const Item& operator*() const { return item_; }
    const Item* operator->() const { return &item_; }
    Iterator& operator++() {
      std::string_view key;
      if constexpr (std::same_as<Item, Member>) {
        done_ = !next(rest_, true, key, item_.value);
        if (!done_) item_.key = *detail::unquote(key);
      } else {
        done_ = !next(rest_, false, key, item_);
      }
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return done_; }

   private:
    std::string_view rest_;
    Item item_;
    bool done_ = true;
  };

  explicit Range(std::string_view rest) : rest_(rest) {}
  Iterator begin() const { return Iterator(rest_); }
  std::default_sentinel_t end() const { return {}; }

 private:
  std::string_view rest_;
};

inline JsonView::Range<JsonView::Member> JsonView::members() const {
  return Range<Member>(inside('{'));
}
inline JsonView::Range<JsonView> JsonView::elements() const {
  return Range<JsonView>(inside('['));
}

inline bool JsonView::next(std::string_view& rest, bool object, std::string_view& key,
                           JsonView& value) {
  const char* p = rest.data();
  const char* const end = p + rest.size();
  rest = {};
  p = detail::skip_space(p, end);
  if (object) {
    const char* const first = p;
    if (p == end || !(p = detail::skip_string(p, end))) return false;
    key = {first, static_cast<size_t>(p - first)};
    if (key.find('\\') != key.npos && !detail::unquote(key)) return false;
    p = detail::skip_space(p, end);
    if (p == end || *p != ':') return false;
    p = detail::skip_space(p + 1, end);
  }
  const char* const first = p;
  if (!(p = detail::skip_value(p, end))) return false;
  value.text_ = {first, static_cast<size_t>(p - first)};
  p = detail::skip_space(p, end);
  if (p == end) return false;
  if (*p == ',') rest = {p + 1, static_cast<size_t>(end - p - 1)};
  return *p == ',' || *p == (object ? '}' : ']');
}

inline JsonView JsonView::operator[](std::string_view key) const {
  std::string_view rest = inside('{'), quoted;
  JsonView value;
  while (next(rest, true, quoted, value)) {
    const bool plain = quoted.find('\\') == quoted.npos;
    if (plain ? quoted.substr(1, quoted.size() - 2) == key : detail::unquote(quoted) == key)
      return value;
  }
  return {};
}

inline JsonView JsonView::operator[](size_t index) const {
  std::string_view rest = inside('['), none;
  JsonView value;
  while (next(rest, false, none, value))
    if (index-- == 0) return value;
  return {};
}

inline size_t JsonView::size() const {
  const bool object = kind() == JsonKind::object;
  std::string_view rest = inside(object ? '{' : '['), key;
  JsonView value;
  size_t count = 0;
  while (next(rest, object, key, value)) ++count;
  return count;
}

inline std::vector<std::string> JsonView::strings() const {
  std::vector<std::string> all;
  if (auto one = as_string()) all.push_back(*std::move(one));
  for (const JsonView& element : elements())
    if (auto text = element.as_string()) all.push_back(*std::move(text));
  return all;
}

// Appends `canonical` to `out`, laid out as Python's json.dumps(..., indent=width,
// ensure_ascii=False) does. Any `out` with std::string's append(pointer, size) and append(count,
// char) serves. A line at depth d begins with d * width spaces, so deep text can grow by far:
// give it an `out` that writes through where the text is foreign.
template <class Out>
void indent_to(Out& out, std::string_view canonical, unsigned width = 4) {
  size_t depth = 0;
  const auto new_line = [&] {
    out.append(1, '\n');
    out.append(depth * width, ' ');
  };
  const char* p = canonical.data();
  const char* const end = p + canonical.size();
  while (p != end) {
    const char* const first = p++;
    switch (*first) {
      case '{':
      case '[':
        if (p != end && (*p == '}' || *p == ']')) {
          out.append(first, 2);
          ++p;
          break;
        }
        ++depth;
        out.append(1, *first);
        new_line();
        break;
      case '}':
      case ']':
        if (depth > 0) --depth;
        new_line();
        out.append(1, *first);
        break;
      case ',':
        out.append(1, ',');
        new_line();
        if (p != end && *p == ' ') ++p;
        break;
      case '"':
        p = detail::skip_string(first, end);
        if (!p) p = end;
        out.append(first, static_cast<size_t>(p - first));
        break;
      default:
        while (p != end && !std::strchr("{}[],\"", *p)) ++p;
        out.append(first, static_cast<size_t>(p - first));
    }
  }
}

inline std::string indent(std::string_view canonical, unsigned width = 4) {
  std::string out;
  out.reserve(canonical.size() + canonical.size() / 2);
  indent_to(out, canonical, width);
  return out;
}

}  // namespace stoq::sdk
