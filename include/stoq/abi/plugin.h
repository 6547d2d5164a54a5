/* SPDX-License-Identifier: Apache-2.0
 *
 * The one symbol that a native plugin exports. The engine reads the plugin's .stoq file before it
 * loads the module, and refuses a module whose entry does not carry the manifest's name. A plugin
 * links no stoQ library.
 */
#ifndef STOQ_ABI_PLUGIN_H
#define STOQ_ABI_PLUGIN_H

#include "stoq/abi/call.h"
#include "stoq/abi/host.h"
#include "stoq/abi/roles.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STOQ_OPTION_BOOLEAN 0
#define STOQ_OPTION_INTEGER 1
#define STOQ_OPTION_NUMBER 2
#define STOQ_OPTION_TEXT 3
#define STOQ_OPTION_LIST 4
#define STOQ_OPTION_SIZE 5     /* bytes; KiB, MiB, GiB understood; an integer value */
#define STOQ_OPTION_DURATION 6 /* seconds; ms, s, m, h understood; a number value */
#define STOQ_OPTION_JSON 7     /* any JSON, made canonical; a text value */

/* An option, declared once: defaults, range checks, help and the docs come from it. */
typedef struct stoq_option {
  uint32_t struct_size;
  uint32_t kind;
  const char* name;
  const char* default_text; /* NULL: none */
  double minimum, maximum;  /* both zero: no range */
  const char* help;
} stoq_option;

typedef struct stoq_plugin_entry {
  uint32_t struct_size;
  uint16_t abi_major; /* STOQ_ABI_MAJOR … */
  uint16_t abi_minor; /* … and STOQ_ABI_MINOR of the headers that the plugin was built with */
  const char* name;   /* as in the manifest */
  const char* version;
  const stoq_option* const* options; /* ends in NULL; NULL: no options */

  /* State shared by all threads (compiled rules, configuration). NULL: refused; the reason was
   * given by raise. In a host process it is made once and then shared by forked hosts: start no
   * thread in it. `host` outlives the instance. */
  void* (*create)(const stoq_host* host, const stoq_call* call);
  void (*destroy)(void* plugin); /* no other call is open */
  /* State of one thread (scanner, scratch buffers). Optional: both NULL, or both given. */
  void* (*create_thread)(void* plugin, const stoq_call* call);
  void (*destroy_thread)(void* plugin, void* thread);
  /* A role's table by its id, or NULL. The answer does not change. */
  const void* (*get_extension)(const char* id);
} stoq_plugin_entry;

#define STOQ_ENTRY_SYMBOL "stoq_plugin_entry_v1"
#if defined(__GNUC__)
#define STOQ_EXPORT __attribute__((visibility("default")))
#else
#define STOQ_EXPORT
#endif
/* extern "C" STOQ_EXPORT const stoq_plugin_entry stoq_plugin_entry_v1; */

#ifdef __cplusplus
}
#endif
#endif
