// SPDX-License-Identifier: Apache-2.0
//
// A response taken apart: by worker result, or by payload with what came out of it.
#include <unordered_map>

#include "core/engine.h"

namespace stoq {
namespace {

constexpr size_t kNobody = SIZE_MAX;

// A response with the ties between its payloads made plain.
class Family {
 public:
  explicit Family(const StoqResponse& whole) : whole_(whole), member_of_(whole.results.size()) {
    for (size_t i = 0; i < whole.results.size(); ++i) places_.emplace(id(i), i);
    children_.resize(whole.results.size());
    for (size_t i = 0; i < whole.results.size(); ++i)
      if (const size_t parent = place(whole.results[i].extracted_from); parent < i)
        children_[parent].push_back(i);
    for (const auto& [name, texts] : whole.errors)
      for (const std::string& text : texts) owners_.push_back(owner(text));
  }

  // Of the payload and what came out of it, all but the decorations.
  StoqResponse part(size_t first) {
    StoqResponse part;
    part.request_meta = whole_.request_meta;
    part.time = whole_.time;
    part.scan_id = whole_.scan_id;
    std::vector<size_t> members = {first};
    for (size_t next = 0; next < members.size(); ++next) {
      const size_t at = members[next];
      member_of_[at] = first + 1;
      part.results.push_back(whole_.results[at]);
      members.insert(members.end(), children_[at].begin(), children_[at].end());
    }
    const auto concerned = [&](size_t who) {
      return who == kNobody || member_of_[who] == first + 1;
    };
    auto owner = owners_.begin();
    for (const auto& [name, texts] : whole_.errors)
      for (const std::string& text : texts)
        if (concerned(*owner++)) part.errors.add(name, text);
    for (const LimitRecord& record : whole_.limits)
      if (concerned(place(record.payload))) part.limits.push_back(record);
    return part;
  }

 private:
  std::string_view id(size_t at) const { return whole_.results[at].payload_id; }
  size_t place(std::string_view payload_id) const {
    const auto at = places_.find(payload_id);
    return at == places_.end() ? kNobody : at->second;
  }
  // Lines that concern a payload end in its id.
  size_t owner(std::string_view line) const {
    constexpr std::string_view kMark = " ; payload ";
    const size_t mark = line.rfind(kMark);
    return mark == line.npos ? kNobody : place(line.substr(mark + kMark.size()));
  }

  const StoqResponse& whole_;
  std::unordered_map<std::string_view, size_t> places_;
  std::vector<std::vector<size_t>> children_;
  std::vector<size_t> member_of_;  // the part that was made last with it, counted from 1
  std::vector<size_t> owners_;     // of the errors, in their order
};

}  // namespace

std::vector<StoqResponse> StoqResponse::split() const {
  std::vector<StoqResponse> parts;
  for (const PayloadResults& payload : results)
    for (const NamedResults& round : payload.workers)
      for (const auto& [name, result] : round) {
        StoqResponse part{{}, request_meta, errors, time, decorators, scan_id, limits};
        PayloadResults one = payload;
        one.workers.assign(1, {});
        one.workers.front().set(name, result);
        part.results.push_back(std::move(one));
        parts.push_back(std::move(part));
      }
  return parts;
}

std::vector<StoqResponse> Engine::reconstruct(const Generation& generation,
                                              const StoqResponse& whole) {
  Family family(whole);
  std::vector<StoqResponse> parts;
  parts.reserve(whole.results.size());
  for (size_t i = 0; i < whole.results.size(); ++i) {
    parts.push_back(family.part(i));
    decorate(generation, parts.back());
  }
  return parts;
}

}  // namespace stoq
