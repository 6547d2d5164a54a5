// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::html {

struct Script {
  std::size_t at = 0, size = 0;  // in the page
  std::string_view where;        // "script", "handler" or "uri"
  std::string type;              // what the tag says of its language
};

struct DataUri {
  std::size_t at = 0, size = 0;
  std::string type;      // as it stands there: "image/png"
  std::string filename;  // of the download attribute beside it
  std::size_t body = 0;  // where its data begins
  bool base64 = false;
};

struct Reference {
  std::string tag, attribute, target;
};

struct Page {
  std::string title;
  std::vector<Script> scripts;
  std::vector<DataUri> data_uris;
  std::vector<Reference> references;
  std::vector<std::string> downloads;  // names that the page proposes

  bool empty() const {
    return title.empty() && scripts.empty() && data_uris.empty() && references.empty() &&
           downloads.empty();
  }
};

/// Reads a page as a browser would at its most lenient: nothing is an error. `least_handler`:
/// bytes of a handler such as onload="..." that make it a script worth having. Linear, not
/// recursive. [thread-safe]
Page read_page(std::string_view html, std::size_t least_handler);

/// The bytes of a data: URI of that page.
std::string decode(std::string_view html, const DataUri& uri);

}  // namespace stoq::plugins::html
