// SPDX-License-Identifier: Apache-2.0
//
// The deeds of the hostile plugin, by name.
#pragma once

#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include "stoq/sdk/plugin.h"

namespace stoq::test::hostile {

// What a deed has at hand.
struct Scene {
  const sdk::Host& host;
  const sdk::Payload& payload;
  sdk::Call& call;
  unsigned most;       // processes, threads, descriptors: so that nothing but a test suffers
  unsigned mebibytes;  // the same of memory and disk
};

struct Deed {
  std::string_view name;
  void (*go)(Scene&);
};

// Give half an answer, then end the process or never answer.
std::span<const Deed> endings();
void end_process(std::string_view how);  // without an answer
// Take, keep or reach what is not theirs, and say how far they came.
std::span<const Deed> grabs();
// Answer what is not true, by the plugin interface and on the host's socket.
std::span<const Deed> lies();

// {"what": …, "returned": …, "errno": …}; errno counts where `returned` is negative.
inline void report(Scene& scene, std::string_view what, long returned) {
  const char* name = returned < 0 ? strerrorname_np(errno) : nullptr;
  sdk::JsonWriter json;
  json.begin_object().member("what", what).member("returned", returned).member("errno", name);
  scene.call.result(json.end_object());
}

}  // namespace stoq::test::hostile
