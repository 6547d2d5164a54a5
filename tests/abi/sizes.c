/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of another size than the engine's: one of a newer minor version, which has grown, and one that ends early.
 */
#include <stddef.h>
#include <string.h>

#include "stoq/abi/plugin.h"

#define TEXT(literal) ((stoq_str){literal, sizeof(literal) - 1})

static stoq_status scan(void* plugin, void* thread, const stoq_payload* payload, const stoq_call* call) {
  (void)plugin, (void)thread, (void)payload;
  return call->api->result(call, TEXT("\"scanned\""));
}
static stoq_status archive(void* plugin, const stoq_payload* payload, const stoq_call* call) {
  (void)plugin, (void)payload;
  return call->api->result(call, TEXT("{\"kept\": true}"));
}
static stoq_status never(void* plugin, const stoq_call* call) {
  (void)plugin;
  return call->api->raise(call, TEXT("Error"), TEXT("beyond the end of its table")), STOQ_FAILED;
}

static void* create(const stoq_host* host, const stoq_call* call) {
  (void)call;
  return (void*)host;
}
static void destroy(void* plugin) {
  (void)plugin;
}
static const void* get_extension(const char* id) {
  static const struct {
    stoq_worker known;
    const char* grown[8];
  } worker = {{sizeof worker, 0, scan}, {"a field", "of", "the", "future"}};
  static const stoq_archiver archiver = {offsetof(stoq_archiver, get), 0, archive, never};
  if (!strcmp(id, STOQ_WORKER)) return &worker;
  if (!strcmp(id, STOQ_ARCHIVER)) return &archiver;
  return NULL;
}

extern STOQ_EXPORT const stoq_plugin_entry stoq_plugin_entry_v1;
const stoq_plugin_entry stoq_plugin_entry_v1 = {sizeof stoq_plugin_entry_v1, STOQ_ABI_MAJOR, STOQ_ABI_MINOR, "sizes", "1.0", NULL,
                                                create, destroy, NULL, NULL, get_extension};
