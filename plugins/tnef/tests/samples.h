// SPDX-License-Identifier: Apache-2.0
//
// TNEF streams for tests and fuzzing, written by [MS-OXTNEF].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tnef_samples {

std::string attribute(int level, uint32_t id, const std::string& value);
std::string property(uint16_t type, uint16_t id, const std::string& value);  // of any size
std::string named(uint16_t type, const std::string& name, const std::string& value);
std::string properties(const std::vector<std::string>& all);
std::string stream(const std::string& attributes);
std::string utf16(const std::string& ascii);
std::string stored_rtf(const std::string& text);

/// One attachment with a short name and data, one with a long name and data as a property.
std::string two_files();
/// A message in a message, which holds one file.
std::string nested(const std::string& inner);

}  // namespace tnef_samples
