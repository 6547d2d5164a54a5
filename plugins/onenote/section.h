// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "office/sink.h"

namespace stoq::plugins::onenote {

/// A file that somebody attached to a page, or a picture on it.
struct Attached {
  std::uint64_t offset = 0;  // of its bytes in the section
  std::string name;          // where the section tells it: a name, or an extension alone
  office::Bytes content;
  bool whole = true;
};

/// Of a section as OneNote 2007 and later keep it (MS-ONESTORE). One pass over all bytes, which also
/// finds what its lists no longer name.
std::vector<Attached> attached_in_store(office::Bytes section);
/// Of a section as the web exports it (MS-FSSHTTPB).
std::vector<Attached> attached_in_package(office::Bytes section);

/// Gives the attached files to `sink` and answers with the result as JSON; "" for what is no section.
std::string take_attached(office::Bytes content, office::Sink& sink);

}  // namespace stoq::plugins::onenote
