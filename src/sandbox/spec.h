// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/manifest.h"

namespace stoq::sandbox {

// What the hosts of one group of plugins may do.
struct Spec {
  bool confined = false;  // false: memory is limited and nothing else
  config::Profile profile = config::Profile::compute;
  uint64_t memory = uint64_t{2} << 30;
  uint64_t tmp = uint64_t{256} << 20;  // bytes in the private directory
  std::string tmp_place;               // an empty directory that the private one may lie over
  // What stoq.cfg adds to the profile: files and directories, system calls by name.
  std::vector<std::string> read, write, calls;
  // `legacy`: what its plugins see of the engine's environment, and whether the network is theirs.
  std::vector<std::string> environment;
  bool network = false;
  std::vector<uint16_t> ports;  // of TCP that it may connect to; empty: any

  bool operator==(const Spec&) const = default;
};

// What of the file system belongs to the plugins of a host.
struct Places {
  std::vector<std::string> folders;   // of the plugins: may be read
  std::vector<std::string> state;     // may be written
  std::vector<std::string> programs;  // may be run, by Who::helpers
  std::string tmp;
};

std::string encode(const Spec& spec);
Spec decode(std::string_view text);  // throws wire::Malformed

// Sanitizers watch from a thread of their own and read what Landlock closes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kWatched = true;
#else
inline constexpr bool kWatched = false;
#endif

// What this machine does not give, a line each: "Landlock: the kernel does not have it".
using Missing = std::vector<std::string>;

}  // namespace stoq::sandbox
