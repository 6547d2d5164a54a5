// SPDX-License-Identifier: Apache-2.0
#include "marshal.h"

#include <algorithm>

namespace stoq::plugins::pyinstaller {
namespace {

using carving::Bytes;

constexpr std::uint8_t kReferable = 0x80;  // the value may be referred to later

// Reads the few kinds of values that such a table consists of. A value is text or a number.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }

  // The kind of the next value, without the flag, which `referable` tells.
  char kind() {
    const std::uint8_t byte = carving::u8(bytes_, at_);
    if (at_++ >= bytes_.size()) failed_ = true;
    referable_ = (byte & kReferable) != 0;
    return static_cast<char>(byte & ~kReferable);
  }
  std::uint64_t number(unsigned size) {
    if (size > bytes_.size() - std::min(at_, bytes_.size())) failed_ = true;
    const std::uint64_t value = carving::little(bytes_, at_, size);
    at_ += size;
    return value;
  }
  void hold_place() {  // of a container, whose references we never follow
    if (referable_) texts_.emplace_back();
  }

  std::string text() {
    const char what = kind();
    const bool referable = referable_;
    std::uint64_t size = 0;
    if (what == 'z' || what == 'Z') {
      size = number(1);
    } else if (what == 's' || what == 'u' || what == 't' || what == 'a' || what == 'A') {
      size = number(4);
    } else if (what == 'r') {
      const std::uint64_t index = number(4);
      if (index < texts_.size()) return texts_[index];
      failed_ = true;
    } else {
      failed_ = true;
    }
    const Bytes there = carving::part(bytes_, at_, size);
    if (there.size() < size || size > kMostText) failed_ = true;
    if (failed_) return {};
    at_ += there.size();
    std::string text(carving::text_of(there));
    if (referable) texts_.push_back(text);
    return text;
  }

  std::int64_t integer() {
    const char what = kind();
    const bool referable = referable_;
    std::int64_t value = 0;
    if (what == 'i') {
      value = static_cast<std::int32_t>(number(4));
    } else if (what == 'T' || what == 'F') {
      value = what == 'T';
    } else if (what == 'r') {
      const std::uint64_t index = number(4);
      if (index >= integers_.size()) failed_ = true;
      return failed_ ? 0 : integers_[index];
    } else {
      failed_ = true;
    }
    if (referable && what == 'i') {
      texts_.emplace_back();
      integers_.resize(texts_.size());
      integers_.back() = value;
    }
    return value;
  }

  // Passes the mark that ends a dict, if it stands here.
  bool at_end_of_dict() {
    if (carving::u8(bytes_, at_) != '0') return false;
    ++at_;
    return true;
  }

  // The length of a tuple.
  std::uint64_t tuple() {
    const char what = kind();
    hold_place();
    if (what == ')') return number(1);
    if (what == '(') return number(4);
    failed_ = true;
    return 0;
  }

 private:
  static constexpr std::uint64_t kMostText = 4096;

  Bytes bytes_;
  std::size_t at_ = 0;
  bool failed_ = false, referable_ = false;
  std::vector<std::string>
      texts_;  // what may be referred to, by its number; "" for what is no text
  std::vector<std::int64_t> integers_;
};

}  // namespace

std::vector<Place> read_table(Bytes marshalled, std::size_t most, bool& whole) {
  std::vector<Place> places;
  whole = false;
  Reader reader(marshalled);
  const char container = reader.kind();
  reader.hold_place();
  if (container != '[' && container != '{') return places;
  const std::uint64_t count = container == '[' ? reader.number(4) : UINT64_MAX;
  while (places.size() < count) {
    if (places.size() >= most) return places;
    if (container == '[') {
      if (reader.tuple() != 2) return places;
    } else if (reader.at_end_of_dict()) {
      break;
    }
    Place place;
    place.name = reader.text();
    if (reader.tuple() != 3) return places;
    place.kind = reader.integer();
    place.at = reader.integer();
    place.size = reader.integer();
    if (reader.failed()) return places;
    places.push_back(std::move(place));
  }
  whole = true;
  return places;
}

}  // namespace stoq::plugins::pyinstaller
