// SPDX-License-Identifier: Apache-2.0
#include "envelope.h"

#include <ctime>

#include "http/split.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::splunk {

std::string epoch(std::string_view local_time) {
  const std::string text(local_time);
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (!rest || (*rest != '\0' && *rest != '.')) return "";
  parts.tm_isdst = -1;
  const std::time_t seconds = std::mktime(&parts);
  if (seconds < 0) return "";
  std::string fraction(rest);
  if (fraction.size() < 2 || fraction.find_first_not_of("0123456789", 1) != fraction.npos)
    fraction.clear();
  return std::to_string(seconds) + fraction;
}

void Envelope::check(bool split) const {
  if (split) return;
  for (const auto& [option, value] :
       {std::pair("source", &source), {"sourcetype", &sourcetype}, {"index", &index}})
    if (value->find(http::kPluginPlace) != value->npos)
      throw sdk::Error(std::string(option) + " '" + *value +
                       "' needs split = true for its {plugin}");
}

std::string Envelope::around(std::string_view event, std::string_view plugin,
                             std::string_view time) const {
  sdk::JsonWriter json;
  json.begin_object();
  if (!time.empty()) json.key("time").raw(time);
  if (!host.empty()) json.member("host", host);
  if (!source.empty()) json.member("source", http::for_plugin(source, plugin));
  if (!sourcetype.empty()) json.member("sourcetype", http::for_plugin(sourcetype, plugin));
  if (!index.empty()) json.member("index", http::for_plugin(index, plugin));
  json.key("event").raw(event).end_object();
  return json.take();
}

}  // namespace stoq::plugins::splunk
