// SPDX-License-Identifier: Apache-2.0
#include "sandbox/spec.h"

#include "host/wire.h"

namespace stoq::sandbox {

std::string encode(const Spec& spec) {
  wire::Writer w;
  w.raw(spec.confined).raw(spec.profile).u64(spec.memory).u64(spec.tmp).text(spec.tmp_place);
  w.list(spec.read).list(spec.write).list(spec.calls).list(spec.environment).raw(spec.network);
  w.u64(spec.ports.size());
  for (const uint16_t port : spec.ports) w.raw(port);
  return std::move(w.str());
}

Spec decode(std::string_view text) {
  wire::Reader r(text);
  Spec spec;
  spec.confined = r.raw<bool>(), spec.profile = r.raw<config::Profile>();
  spec.memory = r.u64(), spec.tmp = r.u64(), spec.tmp_place = r.text();
  spec.read = r.list(), spec.write = r.list(), spec.calls = r.list();
  spec.environment = r.list(), spec.network = r.raw<bool>();
  for (uint64_t left = r.u64(); left > 0; --left) spec.ports.push_back(r.raw<uint16_t>());
  return spec;
}

}  // namespace stoq::sandbox
