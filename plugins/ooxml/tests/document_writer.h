// SPDX-License-Identifier: Apache-2.0
//
// Writes Office Open XML documents.
#pragma once

#include "project_writer.h"

namespace office_samples {

struct Part {
  std::string name, content;
};
/// A zip with these members, stored.
std::string zip_of(const std::vector<Part>& parts);
/// A .docm: macros, one embedded object, a template from outside.
std::string word_package(const std::vector<Macro>& macros, const std::string& embedded_object,
                         const std::string& template_target);
/// The same parts as one XML file.
std::string flat_package(const std::vector<Part>& binary_parts, const std::string& external_target);

}  // namespace office_samples
