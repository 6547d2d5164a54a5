/* SPDX-License-Identifier: Apache-2.0
 *
 * The seven roles. A plugin plays those for which its get_extension answers a table; it may play
 * several with one instance. `plugin` is what create returned, `thread` what create_thread returned
 * for this thread (NULL without create_thread). Each function returns STOQ_OK, or STOQ_FAILED after
 * it has called raise.
 */
#ifndef STOQ_ABI_ROLES_H
#define STOQ_ABI_ROLES_H

#include "stoq/abi/call.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Workers look into one payload: result, errors, extracted payloads, dispatch (further rounds),
 * meta changes. [thread-safe], but never twice at once with the same `thread`. */
#define STOQ_WORKER "stoq.worker/1"
typedef struct stoq_worker {
  uint32_t struct_size;
  uint32_t reserved;
  stoq_status (*scan)(void* plugin, void* thread, const stoq_payload*, const stoq_call*);
} stoq_worker;

/* Dispatchers name the workers of a payload's first round. Threads as workers. */
#define STOQ_DISPATCHER "stoq.dispatcher/1"
typedef struct stoq_dispatcher {
  uint32_t struct_size;
  uint32_t reserved;
  stoq_status (*get_dispatches)(void* plugin, void* thread, const stoq_payload*, const stoq_call*);
} stoq_dispatcher;

/* Deep dispatchers name workers of later rounds; they see the results so far. Threads as
 * workers. */
#define STOQ_DEEP_DISPATCHER "stoq.deep_dispatcher/1"
typedef struct stoq_deep_dispatcher {
  uint32_t struct_size;
  uint32_t reserved;
  stoq_status (*get_deep_dispatches)(void* plugin, void* thread, const stoq_payload*,
                                     const stoq_call*);
} stoq_deep_dispatcher;

/* Archivers keep payloads (archive: the result is what get needs later) and fetch them (get: one
 * payload by the extract functions). Either function may be NULL. [thread-safe] */
#define STOQ_ARCHIVER "stoq.archiver/1"
typedef struct stoq_archiver {
  uint32_t struct_size;
  uint32_t reserved;
  stoq_status (*archive)(void* plugin, const stoq_payload*, const stoq_call*);
  stoq_status (*get)(void* plugin, const stoq_call*);
} stoq_archiver;

/* Connectors save the response. STOQ_OK means that it is safe with the receiver. [thread-safe] */
#define STOQ_CONNECTOR "stoq.connector/1"
typedef struct stoq_connector {
  uint32_t struct_size;
  uint32_t reserved;
  stoq_status (*save)(void* plugin, const stoq_call*);
} stoq_connector;

/* Decorators add to the response: their result. [thread-safe] */
#define STOQ_DECORATOR "stoq.decorator/1"
typedef struct stoq_decorator {
  uint32_t struct_size;
  uint32_t reserved;
  stoq_status (*decorate)(void* plugin, const stoq_call*);
} stoq_decorator;

/* Providers bring items until they have no more, or until a put answers STOQ_STOP. ingest runs
 * on a thread of its own. outcome tells what became of an item, in any order, from any thread,
 * also while ingest runs; it may be NULL. After ingest has returned, outcomes of open items
 * still come; then the instance is destroyed. */
#define STOQ_PROVIDER "stoq.provider/1"
#define STOQ_OUTCOME_DONE 0
#define STOQ_OUTCOME_FAILED 1
#define STOQ_OUTCOME_RETRY 2
typedef struct stoq_provider {
  uint32_t struct_size;
  uint32_t reserved;
  stoq_status (*ingest)(void* plugin, const stoq_call*);
  void (*outcome)(void* plugin, uint64_t token, int32_t outcome, stoq_str reason);
} stoq_provider;

#ifdef __cplusplus
}
#endif
#endif
