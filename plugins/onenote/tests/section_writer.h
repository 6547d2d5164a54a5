// SPDX-License-Identifier: Apache-2.0
//
// Writes the parts of OneNote sections that hold attached files.
#pragma once

#include "compound_writer.h"

namespace office_samples {

struct Page {
  std::string name, content;
};
std::string onenote_section(const std::vector<Page>& files);
/// blobs: as blobs of their own, else as data of objects.
std::string onenote_export(const std::vector<std::string>& files, bool blobs);

}  // namespace office_samples
