/* SPDX-License-Identifier: Apache-2.0
 *
 * One call from the engine into a plugin: the facts that come with it and the sinks for what the
 * plugin gives back. The same for all seven roles; a sink that makes no sense for a role answers
 * STOQ_INVALID.
 */
#ifndef STOQ_ABI_CALL_H
#define STOQ_ABI_CALL_H

#include "stoq/abi/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Facts, as JSON text (canonical: UTF-8, no duplicate keys) unless said otherwise. Made when
 * asked for. */
#define STOQ_FACT_PAYLOAD_ID 1     /* plain text */
#define STOQ_FACT_EXTRACTED_FROM 2 /* plain text: the parent's payload_id; empty for the root */
#define STOQ_FACT_EXTRACTED_BY 3   /* plain text: a plugin's name; empty for the root */
#define STOQ_FACT_PAYLOAD_META \
  4 /* {"should_archive", "extra_data", "dispatch_to", "should_scan"} */
#define STOQ_FACT_REQUEST_META 5       /* {"archive_payloads", "source", "extra_data"} */
#define STOQ_FACT_DISPATCH_META 6      /* {dispatcher: {plugin: meta}} */
#define STOQ_FACT_DEEP_DISPATCH_META 7 /* the same of deep dispatchers */
#define STOQ_FACT_RESULTS \
  8 /* [{plugin: result}], one object a round; only plugins that the manifest's `results` names */
#define STOQ_FACT_PLUGINS_RUN 9 /* [[plugin]], one list a round */
#define STOQ_FACT_ANCESTORS \
  10 /* [{"payload_id", "payload_meta", "workers"}], parent first; [] unless the manifest asks */
#define STOQ_FACT_RESPONSE 11 /* connectors and decorators: the whole response, on one line */
#define STOQ_FACT_SCAN_ID 12  /* connectors and decorators: plain text */
#define STOQ_FACT_TASK 13     /* archivers' get: the results object that names the payload */

typedef struct stoq_payload {
  uint32_t struct_size;
  uint32_t level; /* 0 for the root */
  stoq_bytes content;
  uint8_t sha256[32]; /* of content; the engine has computed it already */
} stoq_payload;

typedef struct stoq_call stoq_call;

typedef struct stoq_call_api {
  uint32_t struct_size;
  uint32_t reserved;

  /* --- asking: [call] --- */
  stoq_str (*fact)(const stoq_call*, uint32_t which); /* empty when it does not apply */
  /* A read-only descriptor of the content, at offset 0, owned by the engine and valid during
   * the call; -1: none. */
  int32_t (*content_fd)(const stoq_call*);
  /* Non-zero once the engine no longer wants the answer (stop, deadline). Cheap: poll it in
   * long loops. */
  int32_t (*cancelled)(const stoq_call*);
  /* Milliseconds until the engine ends the call by force; INT64_MAX: no deadline. Keep a tool's
   * own timeout below it. */
  int64_t (*time_left)(const stoq_call*);

  /* --- giving back: [call] --- */
  /* The result, as JSON text of any kind; a second one replaces the first. The engine checks
   * and copies it. */
  stoq_status (*result)(const stoq_call*, stoq_str json);
  /* An error that leaves the rest of the answer standing; several may be given. Given by create,
   * it stands in the errors of every response that the instance has a part in (a rule file that
   * does not compile). */
  stoq_status (*error)(const stoq_call*, stoq_str text);
  /* The call has failed: `type` is the kind of failure (an exception's type), `text` says why.
   * Return STOQ_FAILED after it. */
  stoq_status (*raise)(const stoq_call*, stoq_str type, stoq_str text);

  /* An extracted payload (workers) or a fetched one (archivers' get), as a stream: begin, write
   * …, end; one at a time. `payload_meta` is an object with any of should_archive, should_scan,
   * extra_data, dispatch_to. Each of the three may answer STOQ_STOP: the engine takes no more
   * payloads from this call. extract_meta replaces what begin was told, as long as end has not
   * come. end with keep = 0 drops what was written. */
  stoq_status (*extract_begin)(const stoq_call*, stoq_str payload_meta);
  stoq_status (*extract_write)(const stoq_call*, stoq_bytes chunk);
  stoq_status (*extract_meta)(const stoq_call*, stoq_str payload_meta);
  stoq_status (*extract_end)(const stoq_call*, int32_t keep);

  /* Dispatchers: name a worker, with the meta that it is to find under dispatch_meta (JSON
   * object, or empty). Workers: send this same payload to a further worker in a next round (meta
   * is ignored). */
  stoq_status (*dispatch)(const stoq_call*, stoq_str plugin, stoq_str meta);

  /* Replaces the fields that the object names; the others stay. extra_data is replaced whole. */
  stoq_status (*set_payload_meta)(const stoq_call*, stoq_str json);
  stoq_status (*set_request_meta)(const stoq_call*, stoq_str json);

  /* --- providers, inside ingest: [thread-safe] until ingest returns --- */
  /* Each waits while the queue is full and answers STOQ_STOP when the engine ends intake.
   * `token` is the provider's own name for the item; its outcome is told under it. request_meta
   * may be empty. */
  stoq_status (*put_payload)(const stoq_call*, stoq_bytes content, stoq_str payload_meta,
                             stoq_str request_meta, uint64_t token);
  /* The content of a regular file from its start. The engine owns fd from here on, whatever it
   * answers, and reads it on a scan thread. */
  stoq_status (*put_file)(const stoq_call*, int32_t fd, stoq_str payload_meta,
                          stoq_str request_meta, uint64_t token);
  /* A task for the source archivers: {archiver: results of its archive()}. */
  stoq_status (*put_task)(const stoq_call*, stoq_str task, stoq_str request_meta, uint64_t token);
  /* How many items it will have put in all, as far as it can tell now: for those who watch. */
  stoq_status (*expect)(const stoq_call*, uint64_t items);
} stoq_call_api;

struct stoq_call {
  uint32_t struct_size;
  uint32_t reserved;
  const stoq_call_api* api;
  void* ctx;
};

#ifdef __cplusplus
}
#endif
#endif
