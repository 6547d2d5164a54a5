// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "office/sink.h"

namespace stoq::plugins::officecrypt {

struct Options {
  std::vector<std::string> passwords;  // tried in this order; "-" and "" are passed over
  std::string file_name;               // of the payload, for what is decrypted
  bool archive = true;
};

/// Decrypts an encrypted Office Open XML package into `sink` and answers with the result as JSON; ""
/// for what is none.
std::string decrypt_package(office::Bytes content, const Options& options, office::Sink& sink);

}  // namespace stoq::plugins::officecrypt
