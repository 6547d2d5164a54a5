// SPDX-License-Identifier: Apache-2.0
#include "cli/index.h"

namespace stoq::cli {

std::string short_id(std::string_view payload_id) {
  return std::string(payload_id.substr(0, 8));
}

ResponseIndex::ResponseIndex(const StoqResponse& response)
    : response_(response), notes_(response.results.size()) {
  for (uint32_t i = 0; i < notes_.size(); ++i) {
    const PayloadResults& r = response.results[i];
    // Parents come first, so a parent that is unknown by now is none, and there are no cycles.
    notes_of(r.extracted_from).children.push_back(i);
    if (!r.payload_id.empty()) places_.emplace(r.payload_id, i);
  }
  static constexpr std::string_view kPayload = "payload ";
  for (const auto& [plugin, texts] : response.errors) {
    for (const std::string_view text : texts) {
      const size_t at = text.rfind(kPayload);
      const std::string_view id = at == text.npos ? "" : text.substr(at + kPayload.size());
      std::string_view told = has(id) ? text.substr(0, at) : text;
      if (has(id) && told.ends_with(" ; ")) told.remove_suffix(3);
      if (told.empty()) told = text;
      notes_of(id).errors.push_back({plugin, told});
    }
  }
  for (const LimitRecord& limit : response.limits) notes_of(limit.payload).limits.push_back(&limit);
}

PayloadNotes& ResponseIndex::notes_of(std::string_view payload_id) {
  const auto at = places_.find(payload_id);
  return at == places_.end() ? request_ : notes_[at->second];
}

std::string ResponseIndex::name(const PayloadResults& results) const {
  const std::string name = results.payload_meta.extra_data.get("filename").string_or("");
  return name.empty() ? short_id(results.payload_id) : name;
}

std::string ResponseIndex::name(std::string_view payload_id) const {
  const auto at = places_.find(payload_id);
  return at == places_.end() ? short_id(payload_id) : name(results(at->second));
}

}  // namespace stoq::cli
