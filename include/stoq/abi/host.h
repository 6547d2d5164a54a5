/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine gives to a plugin instance for its whole life. All functions are [thread-safe].
 */
#ifndef STOQ_ABI_HOST_H
#define STOQ_ABI_HOST_H

#include "stoq/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STOQ_VALUE_UNSET 0
#define STOQ_VALUE_BOOLEAN 1
#define STOQ_VALUE_INTEGER 2 /* also sizes, in bytes */
#define STOQ_VALUE_NUMBER 3  /* also durations, in seconds */
#define STOQ_VALUE_TEXT 4
#define STOQ_VALUE_LIST 5

/* One option after all layers (arguments over stoq.cfg over the .stoq file) were merged, typed
 * and range-checked. */
typedef struct stoq_value {
  uint32_t struct_size; /* set by the caller */
  uint32_t kind;
  int64_t integer; /* integer; boolean as 0 or 1 */
  double number;
  stoq_str text;        /* as written, for every kind; lives as long as the host table */
  const stoq_str* list; /* list_size items; live as long as the host table */
  size_t list_size;
} stoq_value;

typedef struct stoq_host stoq_host;
struct stoq_host {
  uint32_t struct_size;
  uint32_t reserved;
  void* ctx;
  stoq_str engine_version;
  stoq_str name;   /* of the plugin, as its manifest gives it */
  stoq_str folder; /* absolute path of the plugin's folder: rules, templates and lists lie there */
  stoq_str
      tmp; /* absolute path of a private directory for scratch files; empty when there is none */
  stoq_str
      state; /* absolute path of a directory that outlives the process (journals); empty when there is none */

  void (*log)(const stoq_host*, int32_t severity, stoq_str line);
  /* STOQ_INVALID for a name that is neither declared nor set anywhere; kind UNSET when declared
   * without default. */
  stoq_status (*option)(const stoq_host*, stoq_str name, stoq_value* out);
  /* Services beyond this table (helper programs, network endpoints …) by id, e.g.
   * "stoq.helper/1". NULL: not given. */
  const void* (*get_extension)(const stoq_host*, const char* id);
};

#ifdef __cplusplus
}
#endif
#endif
