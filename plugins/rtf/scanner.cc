// SPDX-License-Identifier: Apache-2.0
#include "scanner.h"

#include <algorithm>
#include <array>

namespace stoq::plugins::rtf {
namespace {

constexpr std::size_t kMostGroups = 100'000, kMostObjects = 10'000, kMostTexts = 1000,
                      kMostText = 4096;
constexpr std::string_view kOutside[] = {"DDE", "INCLUDE", "LINK", "IMPORT"};

// Groups whose text belongs neither to the document nor to the object around them.
constexpr std::string_view kOwnText[] = {"author",
                                         "colortbl",
                                         "comment",
                                         "fldrslt",
                                         "fonttbl",
                                         "footer",
                                         "footnote",
                                         "generator",
                                         "header",
                                         "info",
                                         "keywords",
                                         "operator",
                                         "pict",
                                         "result",
                                         "stylesheet",
                                         "subject",
                                         "title",
                                         "xe",
                                         "listtable",
                                         "revtbl",
                                         "datastore",
                                         "themedata",
                                         "colorschememapping",
                                         "shppict",
                                         "nonshppict",
                                         "blipuid"};

enum class Place : std::uint8_t { text, data, class_name, field, template_name, other };

struct Group {
  Place place = Place::text;
  bool starred = false;  // \* was read, the next word decides
};

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits;
  digits.fill(kNoDigit);
  for (unsigned c = '0'; c <= '9'; ++c) digits[c] = static_cast<std::uint8_t>(c - '0');
  for (unsigned c = 'a'; c <= 'f'; ++c)
    digits[c] = digits[c - 32] = static_cast<std::uint8_t>(c - 'a' + 10);
  return digits;
}();

std::uint8_t digit(std::uint8_t c) {
  return kDigits[c];
}

bool is_letter(std::uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class Scanner {
 public:
  explicit Scanner(office::Bytes content) : bytes_(content) {}

  Document run() {
    const std::string_view text = office::view_of(bytes_);
    if (!text.starts_with("{\\rt")) return {};
    document_.is_rtf = true;
    groups_.push_back({});
    while (at_ < bytes_.size()) {
      if (group().place == Place::data && data_open_ && half_ == kNoDigit) pairs();
      if (at_ == bytes_.size()) break;
      const std::uint8_t c = bytes_[at_++];
      if (c == '{')
        open();
      else if (c == '}')
        close();
      else if (c == '\\')
        control();
      else if (c != '\r' && c != '\n')
        character(c);
    }
    while (groups_.size() > 1) close();
    return std::move(document_);
  }

 private:
  Group& group() { return groups_.back(); }

  void open() {
    // a group in an object's data goes on with it, unless its first word says what else it holds
    if (groups_.size() < kMostGroups)
      groups_.push_back({group().place, false});
    else
      ++too_deep_;
  }

  void close() {
    if (too_deep_ > 0) {
      --too_deep_;
      return;
    }
    if (groups_.size() == 1) return;
    const Place ended = group().place;
    groups_.pop_back();
    if (ended == group().place) return;
    end_of(ended);
  }

  void end_of(Place place) {
    switch (place) {
      case Place::data:
        data_open_ = false;
        break;
      case Place::class_name:
        class_ = std::move(text_);
        break;
      case Place::template_name:
        keep(document_.templates);
        break;
      case Place::field: {
        std::string upper = text_;
        for (char& c : upper)
          if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        if (std::ranges::any_of(kOutside,
                                [&](auto word) { return upper.find(word) != upper.npos; }))
          keep(document_.instructions);
        break;
      }
      case Place::text:
      case Place::other:
        return;
    }
    text_.clear();
  }

  void keep(std::vector<std::string>& list) {
    const std::size_t first = text_.find_first_not_of(' ');
    if (first == text_.npos || list.size() >= kMostTexts) return;
    list.push_back(text_.substr(first, text_.find_last_not_of(' ') - first + 1));
  }

  void character(std::uint8_t c) {
    switch (group().place) {
      case Place::data:
        hex(c);
        break;
      case Place::class_name:
      case Place::field:
      case Place::template_name:
        if (text_.size() < kMostText) text_ += static_cast<char>(c);
        break;
      case Place::text:
      case Place::other:
        break;
    }
  }

  // The digits of an object's data that follow one another, in pairs: what most of it is.
  void pairs() {
    auto& data = document_.objects.back().data;
    for (;;) {
      std::array<std::uint8_t, 256> out;
      std::size_t count = 0;
      for (; count < out.size() && bytes_.size() - at_ >= 2; ++count, at_ += 2) {
        const std::uint8_t high = digit(bytes_[at_]), low = digit(bytes_[at_ + 1]);
        if (((high | low) & 0xF0) != 0) break;
        out[count] = static_cast<std::uint8_t>(high << 4 | low);
      }
      data.insert(data.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
      if (count < out.size()) return;
    }
  }

  void hex(std::uint8_t c) {
    const std::uint8_t value = digit(c);
    if (value == kNoDigit || !data_open_) return;
    if (half_ == kNoDigit) {
      half_ = value;
      return;
    }
    document_.objects.back().data.push_back(static_cast<std::uint8_t>(half_ << 4 | value));
    half_ = kNoDigit;
  }

  void control() {
    if (at_ >= bytes_.size()) return;
    const std::uint8_t c = bytes_[at_];
    if (!is_letter(c)) {
      ++at_;
      if (c == '*')
        group().starred = true;
      else if (c == '\'')
        escaped();
      else if (c == '\\' || c == '{' || c == '}')
        character(c);
      return;
    }
    const std::size_t begin = at_;
    while (at_ < bytes_.size() && is_letter(bytes_[at_])) ++at_;
    const std::string_view word = office::view_of(bytes_).substr(begin, at_ - begin);
    const bool negative = at_ < bytes_.size() && bytes_[at_] == '-';
    if (negative) ++at_;
    std::uint64_t number = 0;
    while (at_ < bytes_.size() && bytes_[at_] >= '0' && bytes_[at_] <= '9')
      number = std::min<std::uint64_t>(number * 10 + (bytes_[at_++] - '0'), 1ull << 40);
    if (at_ < bytes_.size() && bytes_[at_] == ' ') ++at_;
    word_read(word, negative ? 0 : number, begin);
  }

  // A character by its number. In an object's data Word drops it.
  void escaped() {
    const office::Bytes two = office::part_of(bytes_, at_, 2);
    at_ += two.size();
    if (two.size() < 2 || group().place == Place::data) return;
    const std::uint8_t high = digit(two[0]), low = digit(two[1]);
    if (high != kNoDigit && low != kNoDigit) character(static_cast<std::uint8_t>(high << 4 | low));
  }

  void word_read(std::string_view word, std::uint64_t number, std::size_t begin) {
    const bool starred = std::exchange(group().starred, false);
    if (word == "bin") {
      // a number that is larger than what follows hides nothing: it is passed over
      const office::Bytes raw = office::part_of(bytes_, at_, number);
      if (raw.size() < number) return;
      at_ += raw.size();
      if (group().place != Place::data || !data_open_) return;
      auto& data = document_.objects.back().data;
      data.insert(data.end(), raw.begin(), raw.end());
    } else if (word == "objdata") {
      begin_data(begin - 1);
    } else if (word == "objclass") {
      enter(Place::class_name);
    } else if (word == "objupdate") {
      updates_ = true;
    } else if (word == "object") {
      class_.clear();
      updates_ = false;
    } else if (word == "fldinst") {
      enter(Place::field);
    } else if (word == "template" && starred) {
      enter(Place::template_name);
    } else if (starred || std::ranges::find(kOwnText, word) != std::end(kOwnText)) {
      if (group().place == Place::data || group().place == Place::text)
        group().place = Place::other;
    }
  }

  void enter(Place place) {
    group().place = place;
    text_.clear();
  }

  void begin_data(std::size_t offset) {
    group().place = Place::data;
    half_ = kNoDigit;
    data_open_ = document_.objects.size() < kMostObjects;
    if (data_open_) document_.objects.push_back({offset, class_, updates_, {}});
  }

  office::Bytes bytes_;
  std::size_t at_ = 0, too_deep_ = 0;
  std::vector<Group> groups_;
  Document document_;
  std::string text_, class_;
  bool updates_ = false, data_open_ = false;
  std::uint8_t half_ = kNoDigit;
};

}  // namespace

Document scan(office::Bytes content) {
  return Scanner(content).run();
}

}  // namespace stoq::plugins::rtf
