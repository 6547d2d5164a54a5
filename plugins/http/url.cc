// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "stoq/sdk/views.h"

namespace stoq::http {
namespace {

constexpr size_t kShown = 200;

class Parts {
 public:
  bool set(const std::string& text) {
    return curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) ==
           CURLUE_OK;
  }
  bool set(CURLUPart part, const char* text) {
    return curl_url_set(url_.get(), part, text, 0) == CURLUE_OK;
  }
  // "" where it is missing.
  std::string get(CURLUPart part, unsigned flags = 0) const {
    char* text = nullptr;
    if (curl_url_get(url_.get(), part, &text, flags) != CURLUE_OK) return "";
    const std::unique_ptr<char, void (*)(void*)> owner(text, &curl_free);
    return text;
  }

 private:
  std::unique_ptr<CURLU, void (*)(CURLU*)> url_{curl_url(), &curl_url_cleanup};
};

// Fit for a message even where the address is none: what may hold credentials is left out.
std::string shown_address(std::string_view address) {
  std::string text;
  if (const size_t at = address.rfind('@'); at != address.npos) {
    text = "…";
    address.remove_prefix(at);
  }
  const size_t query = address.find_first_of("?#");
  text += address.substr(0, query == address.npos ? kShown : std::min(query + 1, kShown));
  if (query != address.npos) text += "…";
  return sdk::text_from_bytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

Url parse_url(std::string_view what, std::string_view address, uint16_t port) {
  const auto refuse = [&](std::string_view why) {
    throw sdk::Error(std::string(what) + " '" + shown_address(address) + "' " + std::string(why) +
                     "; write it like https://host:port");
  };
  Parts parts;
  if (address.find("://") == address.npos) refuse("names no scheme");
  if (!parts.set(std::string(address))) refuse("is not the address of a server");
  const std::string scheme = parts.get(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") refuse("is neither http nor https");
  if (!parts.get(CURLUPART_QUERY).empty() || !parts.get(CURLUPART_FRAGMENT).empty())
    refuse("has a query or fragment");
  if (port != 0 && parts.get(CURLUPART_PORT).empty())
    parts.set(CURLUPART_PORT, std::to_string(port).c_str());
  Url url{"", parts.get(CURLUPART_USER, CURLU_URLDECODE),
          parts.get(CURLUPART_PASSWORD, CURLU_URLDECODE)};
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS})
    parts.set(part, nullptr);
  url.text = parts.get(CURLUPART_URL);
  while (url.text.ends_with('/')) url.text.pop_back();
  return url;
}

}  // namespace stoq::http
