// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::pdf {

/// Whether readers take it for a PDF: the mark stands in the first 1024 bytes.
bool is_pdf(std::string_view content);

/// Where earlier revisions of an incrementally updated document end, newest first: what an update
/// replaces is still there. At most `most`.
std::vector<std::size_t> ends_of_revisions(std::string_view content, std::size_t most);

/// For a document whose trailer is lost (cut short): what to append so that it has one. Points to
/// the catalogue where that is in plain sight.
std::string substitute_trailer(std::string_view content);

}  // namespace stoq::plugins::pdf
