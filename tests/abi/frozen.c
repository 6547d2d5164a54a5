/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin in plain C against the frozen headers. All that it learns and does goes as lines into the file that its option `path` names.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stoq/abi/helper.h"
#include "stoq/abi/plugin.h"

#define TEXT(literal) ((stoq_str){literal, sizeof(literal) - 1})
#define NONE ((stoq_str){NULL, 0})

typedef struct frozen {
  const stoq_host* host;
  char path[4096], file[4096];
} frozen;

static void say(const frozen* self, const char* format, ...) {
  char line[1 << 16];
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  if (size < 0 || size >= (int)sizeof line - 1) abort();
  line[size++] = '\n';
  const int fd = open(self->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, line, (size_t)size) != size) abort();
  close(fd);
}
#define SHOW(text) (int)(text).size, (text).data ? (text).data : ""

static stoq_str fact(const stoq_call* call, uint32_t which) {
  return call->api->fact(call, which);
}

static void option_into(const stoq_host* host, stoq_str name, char* place, size_t size) {
  stoq_value value = {.struct_size = sizeof value};
  if (host->option(host, name, &value) != STOQ_OK || value.text.size >= size) abort();
  memcpy(place, value.text.data, value.text.size);
  place[value.text.size] = 0;
}

static void* create(const stoq_host* host, const stoq_call* call) {
  frozen* self = calloc(1, sizeof *self);
  if (!self) return NULL;
  self->host = host;
  option_into(host, TEXT("path"), self->path, sizeof self->path);
  option_into(host, TEXT("file"), self->file, sizeof self->file);
  stoq_value list = {.struct_size = sizeof list};
  if (host->option(host, TEXT("list"), &list) != STOQ_OK || list.kind != STOQ_VALUE_LIST) abort();
  say(self, "create %.*s, folder %d, state %d, list %zu %.*s", SHOW(host->name), host->folder.size > 0, host->state.size > 0, list.list_size, SHOW(list.list[1]));
  if (host->option(host, TEXT("nobody declared it"), &list) != STOQ_INVALID) abort();
  host->log(host, STOQ_LOG_DEBUG, TEXT("a line of the log"));
  const stoq_helper* helper = host->get_extension(host, STOQ_HELPER);
  stoq_str where = NONE;
  if (!helper || helper->locate(host, TEXT("cat"), NONE, &where) != STOQ_OK) abort();
  if (host->get_extension(host, "stoq.nobody/1")) abort();
  call->api->error(call, TEXT("a standing error"));
  return self;
}
static void destroy(void* plugin) {
  say(plugin, "destroy");
  free(plugin);
}
static void* create_thread(void* plugin, const stoq_call* call) {
  (void)plugin, (void)call;
  return malloc(1);
}
static void destroy_thread(void* plugin, void* thread) {
  (void)plugin;
  free(thread);
}

/* The content through a helper program and back. */
static void through_cat(const frozen* self, const stoq_payload* payload) {
  const stoq_helper* helper = self->host->get_extension(self->host, STOQ_HELPER);
  const stoq_helper_program program = {.struct_size = sizeof program, .name = TEXT("cat")};
  stoq_helper_session* session = NULL;
  if (helper->start(self->host, &program, &session) != STOQ_OK) {
    say(self, "no helper: %.*s", SHOW(helper->why(self->host)));
    return;
  }
  stoq_bytes back = {NULL, 0};
  int32_t status = -1;
  if (helper->write(session, payload->content, 10000) != STOQ_OK) abort();
  helper->close_input(session);
  if (helper->read_until(session, NONE, 10000, &back) != STOQ_OK) abort();
  say(self, "helper gave %.*s", (int)back.size, (const char*)back.data);
  if (helper->wait(session, 10000, &status) != STOQ_OK || status != 0) abort();
  if (helper->errors(session).size != 0) abort();
  helper->end(session);
}

static stoq_status scan(void* plugin, void* thread, const stoq_payload* payload, const stoq_call* call) {
  const frozen* self = plugin;
  const stoq_call_api* api = call->api;
  if (!thread || api->cancelled(call) || api->time_left(call) <= 0) abort();
  char back[64];
  const ssize_t size = pread(api->content_fd(call), back, sizeof back, 0);
  if (size != (ssize_t)payload->content.size || memcmp(back, payload->content.data, payload->content.size)) abort();
  say(self, "scan %.*s at level %u, sha256 begins %02x, by '%.*s', meta %.*s", (int)size, back, payload->level, payload->sha256[0],
      SHOW(fact(call, STOQ_FACT_EXTRACTED_BY)), SHOW(fact(call, STOQ_FACT_PAYLOAD_META)));
  say(self, "dispatched by %.*s, deep %.*s, run %.*s", SHOW(fact(call, STOQ_FACT_DISPATCH_META)), SHOW(fact(call, STOQ_FACT_DEEP_DISPATCH_META)),
      SHOW(fact(call, STOQ_FACT_PLUGINS_RUN)));
  if (payload->level > 0) return api->raise(call, TEXT("FrozenError"), TEXT("as it was told to")), STOQ_FAILED;
  through_cat(self, payload);
  api->result(call, TEXT("{\"first\": 1}"));
  api->result(call, TEXT("{not JSON"));
  api->error(call, TEXT("an error"));
  const stoq_str before = fact(call, STOQ_FACT_PAYLOAD_META);
  api->set_payload_meta(call, TEXT("{\"extra_data\": {\"set\": \"payload\"}}"));
  say(self, "meta was %.*s, is %.*s", SHOW(before), SHOW(fact(call, STOQ_FACT_PAYLOAD_META)));
  api->set_request_meta(call, TEXT("{\"extra_data\": {\"set\": \"request\"}}"));
  if (api->extract_begin(call, TEXT("{}")) == STOQ_OK) {
    const stoq_bytes child = {(const uint8_t*)"child", 5};
    if (api->extract_write(call, child) != STOQ_OK) abort();
    if (api->extract_meta(call, TEXT("{\"extra_data\": {\"name\": \"a child\"}}")) != STOQ_OK) abort();
    if (api->extract_end(call, 1) != STOQ_OK) abort();
  }
  if (api->extract_begin(call, NONE) == STOQ_OK) api->extract_end(call, 0);
  return STOQ_OK;
}

static stoq_status get_dispatches(void* plugin, void* thread, const stoq_payload* payload, const stoq_call* call) {
  (void)plugin, (void)thread, (void)payload;
  return call->api->dispatch(call, TEXT("frozen"), TEXT("{\"why\": \"named\"}"));
}
static stoq_status get_deep_dispatches(void* plugin, void* thread, const stoq_payload* payload, const stoq_call* call) {
  (void)thread, (void)payload;
  say(plugin, "deep: %.*s", SHOW(fact(call, STOQ_FACT_RESULTS)));
  return STOQ_OK;
}

static stoq_status archive(void* plugin, const stoq_payload* payload, const stoq_call* call) {
  say(plugin, "archive %.*s", (int)payload->content.size, (const char*)payload->content.data);
  return call->api->result(call, TEXT("{\"place\": 7}"));
}
static stoq_status get(void* plugin, const stoq_call* call) {
  say(plugin, "get %.*s", SHOW(fact(call, STOQ_FACT_TASK)));
  const stoq_bytes content = {(const uint8_t*)"fetched", 7};
  if (call->api->extract_begin(call, TEXT("{\"extra_data\": {\"from\": \"the archive\"}}")) != STOQ_OK || call->api->extract_write(call, content) != STOQ_OK)
    return STOQ_FAILED;
  return call->api->extract_end(call, 1);
}

static stoq_status save(void* plugin, const stoq_call* call) {
  say(plugin, "save, scan_id %zu bytes: %.*s", fact(call, STOQ_FACT_SCAN_ID).size, SHOW(fact(call, STOQ_FACT_RESPONSE)));
  return STOQ_OK;
}
static stoq_status decorate(void* plugin, const stoq_call* call) {
  (void)plugin;
  return call->api->result(call, fact(call, STOQ_FACT_RESPONSE).size ? TEXT("{\"decorated\": true}") : TEXT("null"));
}

static stoq_status ingest(void* plugin, const stoq_call* call) {
  const frozen* self = plugin;
  const stoq_bytes content = {(const uint8_t*)"root", 4};
  call->api->expect(call, 3);
  if (call->api->put_payload(call, content, TEXT("{\"extra_data\": {\"filename\": \"root.bin\"}}"), TEXT("{\"source\": \"frozen\"}"), 1) != STOQ_OK) return STOQ_FAILED;
  if (call->api->put_file(call, open(self->file, O_RDONLY | O_CLOEXEC), NONE, NONE, 2) != STOQ_OK) return STOQ_FAILED;
  return call->api->put_task(call, TEXT("{\"frozen\": {\"place\": 7}}"), NONE, 3);
}
static void outcome(void* plugin, uint64_t token, int32_t what, stoq_str reason) {
  say(plugin, "outcome of %d: %d %.*s", (int)token, what, SHOW(reason));
}

static const void* get_extension(const char* id) {
  static const stoq_worker worker = {sizeof worker, 0, scan};
  static const stoq_dispatcher dispatcher = {sizeof dispatcher, 0, get_dispatches};
  static const stoq_deep_dispatcher deep_dispatcher = {sizeof deep_dispatcher, 0, get_deep_dispatches};
  static const stoq_archiver archiver = {sizeof archiver, 0, archive, get};
  static const stoq_connector connector = {sizeof connector, 0, save};
  static const stoq_decorator decorator = {sizeof decorator, 0, decorate};
  static const stoq_provider provider = {sizeof provider, 0, ingest, outcome};
  if (!strcmp(id, STOQ_WORKER)) return &worker;
  if (!strcmp(id, STOQ_DISPATCHER)) return &dispatcher;
  if (!strcmp(id, STOQ_DEEP_DISPATCHER)) return &deep_dispatcher;
  if (!strcmp(id, STOQ_ARCHIVER)) return &archiver;
  if (!strcmp(id, STOQ_CONNECTOR)) return &connector;
  if (!strcmp(id, STOQ_DECORATOR)) return &decorator;
  if (!strcmp(id, STOQ_PROVIDER)) return &provider;
  return NULL;
}

static const stoq_option path = {sizeof path, STOQ_OPTION_TEXT, "path", NULL, 0, 0, "where it says what it does"};
static const stoq_option file = {sizeof file, STOQ_OPTION_TEXT, "file", "", 0, 0, "what it puts as a file"};
static const stoq_option list = {sizeof list, STOQ_OPTION_LIST, "list", "one, two", 0, 0, "a list"};
static const stoq_option* const options[] = {&path, &file, &list, NULL};

extern STOQ_EXPORT const stoq_plugin_entry stoq_plugin_entry_v1;
const stoq_plugin_entry stoq_plugin_entry_v1 = {sizeof stoq_plugin_entry_v1, STOQ_ABI_MAJOR, STOQ_ABI_MINOR, "frozen", "1.0", options,
                                                create, destroy, create_thread, destroy_thread, get_extension};
