/* SPDX-License-Identifier: Apache-2.0
 *
 * Helper programs: an extension of the host table, by host->get_extension(host, STOQ_HELPER).
 *
 * A plugin starts the programs that its manifest names (`[engine] helpers`), by their name there. A
 * program gets the arguments given and a small clean environment, no shell, no search path, and of
 * the descriptors only its own pipes and those handed over. It is the leader of a process group of
 * its own, which is killed when the session ends, and with the process that the plugin lives in,
 * however that ends.
 *
 * Functions that wait take `milliseconds`, the most that they wait. A session serves one thread at
 * a time; apart from that all functions are [thread-safe].
 */
#ifndef STOQ_ABI_HELPER_H
#define STOQ_ABI_HELPER_H

#include "stoq/abi/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STOQ_HELPER "stoq.helper/1"

/* What these functions answer beside STOQ_OK and STOQ_INVALID. `why` says more. The session stands
 * until `end`. */
#define STOQ_HELPER_FAILED STOQ_FAILED /* it could not be done */
#define STOQ_HELPER_LATE (-16)         /* the time was over */
#define STOQ_HELPER_LONG (-17)         /* more output waits to be read than max_output allows */
#define STOQ_HELPER_ENDED (-18)        /* the program has closed this pipe, or has ended */

/* The most descriptors that can be handed over. */
#define STOQ_HELPER_FDS 8

typedef struct stoq_helper_program {
  uint32_t struct_size;
  uint32_t reserved;
  stoq_str name;             /* as the manifest names it */
  const stoq_str* arguments; /* those after the program's own name */
  size_t argument_count;
  const stoq_str* environment; /* "NAME=value", beside LANG, PATH and TZ; may replace these */
  size_t environment_count;
  const int32_t* fds; /* the program finds copies of them as 3, 4, … in this order */
  size_t fd_count;
  stoq_str directory;  /* where it starts; empty: "/" */
  uint64_t max_output; /* bytes of output that may wait unread; 0: 16 MiB */
  uint64_t max_errors; /* bytes kept of its error output, the last ones; 0: 16 KiB */
} stoq_helper_program;

typedef struct stoq_helper_session stoq_helper_session;

typedef struct stoq_helper {
  uint32_t struct_size;
  uint32_t reserved;

  /* What was wrong with the last function of this table that failed on this thread. Valid until the
   * next one. */
  stoq_str (*why)(const stoq_host*);

  /* Where the program lies, and whether it can be run. Inside create, `path` (absolute) puts
   * another in its place, as an option may ask; empty: none. `out` may be NULL, else lives as long
   * as the host table. */
  stoq_status (*locate)(const stoq_host*, stoq_str name, stoq_str path, stoq_str* out);

  /* Not inside create: what create makes is shared by processes yet to be. */
  stoq_status (*start)(const stoq_host*, const stoq_helper_program*, stoq_helper_session** out);

  /* Gives all of it to the program's input; its output is taken in meanwhile. */
  stoq_status (*write)(stoq_helper_session*, stoq_bytes, int64_t milliseconds);
  void (*close_input)(stoq_helper_session*);
  /* What has come, at least one byte and at most `most`. The view is valid until the next function
   * on the session. */
  stoq_status (*read)(stoq_helper_session*, size_t most, int64_t milliseconds, stoq_bytes* out);
  /* All up to the delimiter, which is taken and not given. Empty delimiter: up to the end of the
   * output. */
  stoq_status (*read_until)(stoq_helper_session*, stoq_str delimiter, int64_t milliseconds,
                            stoq_bytes* out);
  /* What has come of the error output and was not forgotten: at least all that the program wrote
   * there before the output that has been read. [valid as with read] */
  stoq_bytes (*errors)(stoq_helper_session*);
  void (*forget_errors)(stoq_helper_session*);
  /* Waits for the program's end; its output is taken in meanwhile and can still be read. `status`
   * is the exit status, or minus the number of the signal that ended it. */
  stoq_status (*wait)(stoq_helper_session*, int64_t milliseconds, int32_t* status);
  /* Kills what is left of its process group and frees the session. */
  void (*end)(stoq_helper_session*);
} stoq_helper;

#ifdef __cplusplus
}
#endif
#endif
