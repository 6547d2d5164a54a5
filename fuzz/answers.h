// SPDX-License-Identifier: Apache-2.0
//
// For targets that look at a host's answers.
#pragma once

#include "core/silent_reply.h"
#include "host/conversation.h"

namespace stoq::fuzz {

struct NoPlugin final : Instance {
  NoPlugin() { info_.name = "plugin"; }
  void call(Op, stoq::Input&, Reply&) noexcept override {}
};

inline std::string record(wire::Record kind, std::string_view bytes = {}) {
  std::string out(1, static_cast<char>(kind));
  const auto size = static_cast<uint32_t>(bytes.size());
  return out.append(reinterpret_cast<const char*>(&size), sizeof size).append(bytes);
}

}  // namespace stoq::fuzz
