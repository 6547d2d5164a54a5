// SPDX-License-Identifier: Apache-2.0
#include "core/answer.h"

#include <algorithm>

#include "stoq/sdk/json.h"

namespace stoq {

std::string_view limit_name(Failure failure) {
  switch (failure) {
    case Failure::raised:
      return "";
    case Failure::crashed:
      return "crash";
    case Failure::deadline:
      return "plugin_deadline";
    case Failure::memory:
      return "plugin_memory";
    case Failure::lied:
      return "protocol";
    case Failure::refused:
      return "refused";
  }
  return "";
}

std::string_view limit_name(json::Fault fault) {
  if (fault == json::Fault::too_large) return "max_result_size";
  if (fault == json::Fault::too_deep) return "max_result_depth";
  return "";
}

std::string clipped(std::string_view text, uint64_t most) {
  std::string out;
  if (text.size() <= most && sdk::valid_utf8(text)) return std::string(text);
  const uint64_t kept = std::min<uint64_t>(text.size(), most);
  out = sdk::text_from_bytes(bytes_of(text.substr(0, kept)));
  if (kept < text.size())
    out += " … (" + std::to_string(text.size() - kept) + " more bytes, max_error_size)";
  return out;
}

std::string failure_text(std::string_view stage, std::string_view plugin, std::string_view type,
                         std::string_view text, std::string_view payload_id) {
  std::string out(stage);
  out.append(": ").append(plugin).append(" ; ").append(type).append(": ").append(text);
  if (!payload_id.empty()) out.append(" ; payload ").append(payload_id);
  return out;
}

void keep_result(NamedResults& round, std::string_view plugin, std::string canonical) {
  if (canonical == "null")
    std::erase_if(round, [&](const auto& result) { return result.first == plugin; });
  else
    round.set(plugin, Json::from_canonical(std::move(canonical)));
}

void keep_metas(NamedResults& all, std::string_view dispatcher, NamedResults& metas) {
  if (metas.empty()) return;
  NamedResults inner;
  const Json* present = all.find(dispatcher);
  const std::string so_far = present ? present->text() : "{}";
  for (const auto& [key, value] : sdk::JsonView(so_far).members())
    inner.emplace_back(key, Json::from_canonical(std::string(value.text())));
  for (auto& [plugin, meta] : metas) inner.set(plugin, std::move(meta));
  metas.clear();
  sdk::JsonWriter w;
  w.begin_object();
  std::string scratch;
  for (const auto& [key, value] : inner) w.key(key).raw(value.view(scratch));
  w.end_object();
  all.set(dispatcher, Json::from_canonical(w.take()));
}

}  // namespace stoq
