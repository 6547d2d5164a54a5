// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "http/client.h"
#include "http/patience.h"

namespace stoq::http {

// An answer that another try may better: too many requests, or a failure of the server's own.
bool passing(long status);

// One request, tried again as long as patience lasts: on failures that may pass and on such
// answers. `request` is asked for each try and may name another server each time. Any other answer
// is the caller's to judge. sdk::Error tells the last failure, and how often was tried.
Reply exchange(const Client& client, const std::function<Request()>& request, Patience& patience);

}  // namespace stoq::http
