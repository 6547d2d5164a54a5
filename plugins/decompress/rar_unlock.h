// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rar_open.h"
#include "reader.h"

namespace stoq::plugins::decompress {

struct UnlockedRar {
  OpenedRar opened;
  const std::string* password = nullptr;  // of the list
};

/// Whether the plan's RAR archive, of either kind, has something that a password may open.
bool rar_has_lock(const Plan& plan);

/// Tries the passwords in order until one fits; `cancelled` is asked before each.
std::optional<UnlockedRar> unlock_rar(const Plan& plan, const std::vector<std::string>& passwords,
                                      const std::function<bool()>& cancelled);

}  // namespace stoq::plugins::decompress
