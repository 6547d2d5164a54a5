// SPDX-License-Identifier: Apache-2.0
//
// PDFs for tests and fuzzing, written by ISO 32000.
#pragma once

#include <string>
#include <vector>

namespace pdf_samples {

std::string flate(const std::string& data);
std::string ascii_hex(const std::string& data);
std::string ascii85(const std::string& data);
std::string run_length(const std::string& data);
std::string lzw(const std::string& data);
/// "<<dict /Length n>> stream … endstream".
std::string stream(const std::string& dict, const std::string& data);

/// A document of objects 1, 2, …; the first is the catalogue.
std::string document(const std::vector<std::string>& objects, const std::string& trailer = "");
/// The same, with all objects that are no streams in one object stream, and a cross-reference
/// stream. `inner` encodes the object stream, `filter` names how.
std::string packed(const std::vector<std::string>& objects);
/// `base` with an update behind it that puts `object` in the place of object `number`.
std::string updated(const std::string& base, int number, const std::string& object);

/// One of everything: a file, scripts, a form, addresses, a hidden program.
std::vector<std::string> everything();

}  // namespace pdf_samples
