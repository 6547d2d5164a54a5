// SPDX-License-Identifier: Apache-2.0
#include "http/split.h"

#include "stoq/sdk/views.h"

namespace stoq::http {
namespace {

using sdk::JsonKind;
using sdk::JsonView;

std::string_view before(std::string_view whole, std::string_view part) {
  return whole.substr(0, static_cast<size_t>(part.data() - whole.data()));
}
std::string_view after(std::string_view whole, std::string_view part) {
  return whole.substr(static_cast<size_t>(part.data() - whole.data()) + part.size());
}

}  // namespace

ResponseText::ResponseText(std::string_view text) : text_(text) {
  for (const auto& [name, value] : JsonView(text).members()) {
    if (name == "results" && value.kind() == JsonKind::array) results_ = value.text();
    if (name == "scan_id") scan_id_ = value.string_or("");
    if (name == "time" && value.kind() == JsonKind::string)
      time_ = value.text().substr(1, value.text().size() - 2);
  }
  if (results_.empty() || scan_id_.empty())
    throw sdk::Error("what is to be saved is no response: it has no results or no scan_id");
}

void ResponseText::split(const Visit& visit) const {
  std::string document;
  bool any = false;
  for (const JsonView payload : JsonView(results_).elements()) {
    const std::string_view all = payload.text(), rounds = payload["workers"].text();
    if (rounds.empty()) continue;
    document.assign(before(text_, results_)).append("[").append(before(all, rounds)).append("[{");
    const size_t head = document.size();
    for (const JsonView round : JsonView(rounds).elements())
      for (const auto& [plugin, result] : round.members()) {
        document.resize(head);
        sdk::append_quoted(document, plugin);
        document.append(": ").append(result.text()).append("}]").append(after(all, rounds));
        document.append("]").append(after(text_, results_));
        visit({plugin, document});
        any = true;
      }
  }
  if (!any) whole(visit);
}

std::string for_plugin(std::string_view name, std::string_view plugin) {
  std::string out(name);
  for (size_t at = 0; (at = out.find(kPluginPlace, at)) != out.npos; at += plugin.size())
    out.replace(at, kPluginPlace.size(), plugin);
  return out;
}

}  // namespace stoq::http
