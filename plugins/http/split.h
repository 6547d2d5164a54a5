// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace stoq::http {

// The text of a response, one line of canonical JSON, seen as what connectors send: documents.
// Copies nothing; the text must outlive it.
class ResponseText {
 public:
  struct Document {
    std::string_view plugin;  // kWhole for a whole response
    std::string_view text;    // valid during the visit
  };
  using Visit = std::function<void(const Document&)>;
  static constexpr std::string_view kWhole = "stoq";  // a name that no plugin can have

  // sdk::Error when it is no response.
  explicit ResponseText(std::string_view text);

  std::string_view time() const { return time_; }  // as it stands there, without quotes
  const std::string& scan_id() const { return scan_id_; }

  // One document for each result of each round of each payload: the response with that payload and
  // that result alone, all else as it is. A response without any result is visited whole, for what
  // else it tells would be lost.
  void split(const Visit& visit) const;
  void whole(const Visit& visit) const { visit({kWhole, text_}); }

 private:
  std::string_view text_, results_, time_;
  std::string scan_id_;
};

inline constexpr std::string_view kPluginPlace = "{plugin}";
// `name` with each {plugin} in it replaced by the plugin's name.
std::string for_plugin(std::string_view name, std::string_view plugin);

}  // namespace stoq::http
