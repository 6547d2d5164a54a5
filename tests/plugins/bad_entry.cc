// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "stoq/abi/plugin.h"

#ifdef UNRESOLVED
extern "C" void stoq_test_symbol_that_nobody_has(void);
#endif

namespace {

[[maybe_unused]] stoq_status scan(void*, void*, const stoq_payload*, const stoq_call*) {
#ifdef UNRESOLVED
  stoq_test_symbol_that_nobody_has();
#endif
#ifdef SILENT_SCAN
  return STOQ_FAILED;
#endif
  return STOQ_OK;
}
[[maybe_unused]] stoq_status save(void*, const stoq_call* call) {
#ifdef EMPTY_ERROR
  call->api->error(call, {"", 0});
  return STOQ_OK;
#endif
  (void)call;
  return STOQ_STOP;
}
[[maybe_unused]] const void* extension(const char* id) {
#if defined STOPPED_SAVE || defined EMPTY_ERROR
  static constexpr stoq_connector connector{sizeof(stoq_connector), 0, &save};
  if (std::string_view(id) == STOQ_CONNECTOR) return &connector;
#endif
  static constexpr stoq_worker table{sizeof(stoq_worker), 0, &scan};
#ifdef NO_ROLE
  return std::string_view(id) == "stoq.worker/99" ? &table : nullptr;
#else
  return std::string_view(id) == STOQ_WORKER ? &table : nullptr;
#endif
}
[[maybe_unused]] int state = 0;
[[maybe_unused]] void* create(const stoq_host*, const stoq_call*) {
#ifdef SILENT_CREATE
  return nullptr;
#endif
  return &state;
}
[[maybe_unused]] void destroy(void*) {}
[[maybe_unused]] void* create_thread(void*, const stoq_call*) {
#ifdef SILENT_THREAD
  return nullptr;
#endif
  return &state;
}
[[maybe_unused]] void destroy_thread(void*, void*) {}

#ifndef NO_ENTRY
constexpr stoq_plugin_entry entry() {
  stoq_plugin_entry e{sizeof(stoq_plugin_entry),
                      STOQ_ABI_MAJOR,
                      STOQ_ABI_MINOR,
                      BAD_NAME,
                      "1",
                      nullptr,
                      &create,
                      &destroy,
                      nullptr,
                      nullptr,
                      &extension};
#ifdef ABI_MAJOR
  e.abi_major = 7;
#endif
#ifdef ABI_MINOR
  e.abi_minor = STOQ_ABI_MINOR + 1;
#endif
#ifdef OTHER_NAME
  e.name = "somebody else";
#endif
#ifdef NO_CREATE
  e.create = nullptr;
#endif
#ifdef NO_DESTROY
  e.destroy = nullptr;
#endif
#ifdef HALF_THREAD
  e.create_thread = &create_thread;
#endif
#ifdef SILENT_THREAD
  e.create_thread = &create_thread;
  e.destroy_thread = &destroy_thread;
#endif
#ifdef TOO_SHORT
  e.struct_size = 8;
#endif
  return e;
}
#endif

}  // namespace

#ifndef NO_ENTRY
extern "C" {
extern STOQ_EXPORT const stoq_plugin_entry stoq_plugin_entry_v1;
const stoq_plugin_entry stoq_plugin_entry_v1 = entry();
}
#endif
