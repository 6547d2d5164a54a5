// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::es_search {

// Documents as `_bulk` wants them: a line that says where to, and a line with the document. Each is
// to be *created* under an id of ours, so that one which is there already is known by status 409.
class Bulk {
 public:
  void add(std::string_view index, std::string_view id, std::string_view document);
  // The item once more, as `other` has it.
  void add(const Bulk& other, size_t item);
  void clear();

  bool empty() const { return items_.empty(); }
  size_t count() const { return items_.size(); }
  size_t size() const { return body_.size(); }
  std::string_view body(size_t from, size_t to) const;  // of the items [from, to)
  const std::string& id(size_t item) const { return items_[item].id; }

 private:
  struct Item {
    std::string id;
    size_t end;  // in body_
  };
  std::string body_;
  std::vector<Item> items_;
};

// What became of one item.
struct ItemAnswer {
  long status = 0;
  std::string reason;
};

// The answers to `count` items, in their order; none when `body` is not the answer to that many.
std::vector<ItemAnswer> parse_answer(std::string_view body, size_t count);

}  // namespace stoq::plugins::es_search
