// SPDX-License-Identifier: Apache-2.0
#include "bulk.h"

#include "stoq/sdk/json.h"

namespace stoq::plugins::es_search {
namespace {

using sdk::JsonKind;
using sdk::JsonView;

std::string reason_of(JsonView error) {
  if (error.kind() != JsonKind::object) return error.string_or("");
  std::string text = error["type"].string_or("error");
  for (const JsonView reason : {error["reason"], error["caused_by"]["reason"]})
    if (const std::string words = reason.string_or(""); !words.empty()) text += ": " + words;
  return text;
}

}  // namespace

void Bulk::add(std::string_view index, std::string_view id, std::string_view document) {
  sdk::JsonWriter action;
  action.begin_object().key("create").begin_object();
  action.member("_index", index).member("_id", id).end_object().end_object();
  body_.append(action.str()).append("\n").append(document).append("\n");
  items_.push_back({std::string(id), body_.size()});
}

void Bulk::add(const Bulk& other, size_t item) {
  body_.append(other.body(item, item + 1));
  items_.push_back({other.id(item), body_.size()});
}

void Bulk::clear() {
  body_.clear();
  items_.clear();
}

std::string_view Bulk::body(size_t from, size_t to) const {
  const size_t begin = from == 0 ? 0 : items_[from - 1].end;
  return std::string_view(body_).substr(begin, items_[to - 1].end - begin);
}

std::vector<ItemAnswer> parse_answer(std::string_view body, size_t count) {
  std::vector<ItemAnswer> answers;
  for (const JsonView item : JsonView(body)["items"].elements()) {
    ItemAnswer answer;
    for (const auto& [action, outcome] : item.members()) {
      answer.status = static_cast<long>(outcome["status"].int_or(0));
      answer.reason = reason_of(outcome["error"]);
    }
    if (answer.status == 0 || answers.size() == count) return {};
    answers.push_back(std::move(answer));
  }
  if (answers.size() != count) answers.clear();
  return answers;
}

}  // namespace stoq::plugins::es_search
