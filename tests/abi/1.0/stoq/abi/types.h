/* SPDX-License-Identifier: Apache-2.0
 *
 * Words of the plugin ABI: C11, fixed-width integers, views and plain tables.
 *
 * Rules that hold for every table of this ABI:
 *  - it begins with struct_size, is passed by pointer, never embedded by value, and only grows at its end;
 *    whoever reads a table reads at most struct_size bytes of it and takes what is missing as zero;
 *  - a view (stoq_str, stoq_bytes) belongs to the one who made it and is valid during the call in which it was
 *    given, unless its docs say longer; the receiver copies what it keeps and frees nothing;
 *  - no exception, longjmp or thread cancellation crosses a function of this ABI;
 *  - [thread-safe] may be called from any thread at any time; [call] only inside the call that handed it out,
 *    from the thread that runs it.
 */
#ifndef STOQ_ABI_TYPES_H
#define STOQ_ABI_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOQ_ABI_MAJOR 1 /* a plugin loads only into a host of the same major … */
#define STOQ_ABI_MINOR 0 /* … whose minor is at least its own */

typedef struct stoq_str {
  const char* data; /* UTF-8, not NUL-terminated; may be NULL when size is 0 */
  size_t size;
} stoq_str;

typedef struct stoq_bytes {
  const uint8_t* data;
  size_t size;
} stoq_bytes;

/* What functions answer. Everything below zero is a failure. */
typedef int32_t stoq_status;
#define STOQ_OK 0
#define STOQ_STOP 1       /* the engine wants no more: wind up and return; not an error */
#define STOQ_FAILED (-1)  /* the reason was given through stoq_call_api::raise */
#define STOQ_INVALID (-2) /* the arguments make no sense (out of order, not JSON, unknown name) */
#define STOQ_UNSUPPORTED (-3)
#define STOQ_AGAIN \
  (-4) /* from save, archive, get: failed for now (said through raise); worth another try later */

/* Severity of log lines. */
#define STOQ_LOG_DEBUG 10
#define STOQ_LOG_INFO 20
#define STOQ_LOG_WARNING 30
#define STOQ_LOG_ERROR 40

#ifdef __cplusplus
}
#endif
#endif
