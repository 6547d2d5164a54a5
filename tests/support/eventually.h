// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <thread>

namespace stoq::test {

// Whether it comes to hold within a time; how long that takes is nobody's business here.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds most = std::chrono::seconds(30)) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

// The same for what is to happen without being waited for by anybody.
template <class Condition>
bool soon(Condition condition) {
  return eventually(condition, std::chrono::seconds(10));
}

}  // namespace stoq::test
