// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "core/instance.h"
#include "host/channel.h"
#include "host/outbox.h"
#include "loader/plugin_spec.h"

namespace stoq {

using Loaded = std::vector<std::shared_ptr<Instance>>;

// A host's life: answers calls on the socket until the engine closes it. The arena is mapped
// read-only; `tmp` is its private directory, or ""; `descriptors` its /proc/self/fd.
[[noreturn]] void serve_calls(int socket, const uint8_t* arena, Outbox& outbox, Loaded& plugins,
                              const std::string& tmp, Fd descriptors);

// Log lines of plugins: into the call that this thread works on, or through `otherwise` when there
// is none.
LogFunction host_log(std::function<void(LogLevel, std::string_view)> otherwise);

}  // namespace stoq
