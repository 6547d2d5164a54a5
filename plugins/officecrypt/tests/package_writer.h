// SPDX-License-Identifier: Apache-2.0
//
// Encrypts packages, by the description of the formats and in code of its own.
#pragma once

#include "compound_writer.h"

namespace office_samples {

std::string encrypted_standard(const std::string& package, const std::string& password);
/// `hash`: "SHA1" or "SHA512".
std::string encrypted_agile(const std::string& package, const std::string& password,
                            const std::string& hash, unsigned spins = 1000);

}  // namespace office_samples
