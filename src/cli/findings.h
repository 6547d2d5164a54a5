// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/index.h"
#include "cli/page.h"

namespace stoq::cli {

// What the worker `mimetype` said; empty when it did not run.
std::string mimetype_of(const PayloadResults& results);

// Writes everything known about one payload but what stands in its own line. Gives the number of
// YARA rules that matched.
size_t add_findings(Page& page, std::string_view rail, const ResponseIndex& index, uint32_t place);

// Results of plugins that are not known here: scalars as they are, the rest counted.
void add_results(Page& page, std::string_view rail, const NamedResults& results);

// Errors and limits; of many the first, then their number.
void add_notes(Page& page, std::string_view rail, const PayloadNotes& notes);

// "1 error", "2 errors".
std::string counted(uint64_t n, std::string_view thing);

}  // namespace stoq::cli
