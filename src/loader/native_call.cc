// SPDX-License-Identifier: Apache-2.0
#include "loader/native_call.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/content.h"
#include "core/facts.h"
#include "stoq/sdk/views.h"

namespace stoq {

using sdk::str;
using sdk::view;

// The functions behind stoq_call_api. None throws: what a Reply throws (out of memory) becomes
// STOQ_FAILED.
struct NativeCallApi {
  static NativeCall& self(const stoq_call* call) { return *static_cast<NativeCall*>(call->ctx); }

  template <class F>
  static stoq_status guarded(F&& body) noexcept {
    try {
      return body();
    } catch (...) {
      return STOQ_FAILED;
    }
  }
  static stoq_status valid(bool ok) { return ok ? STOQ_OK : STOQ_INVALID; }
  static stoq_status open(bool ok) { return ok ? STOQ_OK : STOQ_STOP; }
  static Bytes bytes(stoq_bytes b) { return {b.data, b.size}; }

  static stoq_str fact(const stoq_call* call, uint32_t which) noexcept {
    try {
      return str(self(call).fact(which));
    } catch (...) {
      return {nullptr, 0};
    }
  }
  static int32_t content_fd(const stoq_call* call) noexcept { return self(call).content_fd(); }
  static int32_t cancelled(const stoq_call* call) noexcept {
    return self(call).reply_.cancelled() ? 1 : 0;
  }
  static int64_t time_left(const stoq_call* call) noexcept { return self(call).reply_.time_left(); }

  static stoq_status result(const stoq_call* call, stoq_str json) noexcept {
    return guarded([&] { return valid(self(call).reply_.result(view(json))); });
  }
  static stoq_status error(const stoq_call* call, stoq_str text) noexcept {
    return guarded([&] { return self(call).reply_.error(view(text)), STOQ_OK; });
  }
  static stoq_status raise(const stoq_call* call, stoq_str type, stoq_str text) noexcept {
    return guarded([&] {
      self(call).raised_ = true;
      self(call).reply_.failed(Failure::raised, view(type), view(text));
      return STOQ_OK;
    });
  }
  static stoq_status refuse(const stoq_call* call, const std::string& why) {
    self(call).reply_.failed(Failure::raised, "StoqException", why);
    return STOQ_INVALID;
  }
  static stoq_status step(Step step) {
    return step == Step::go ? STOQ_OK : step == Step::stop ? STOQ_STOP : STOQ_INVALID;
  }
  static stoq_status extract_begin(const stoq_call* call, stoq_str meta) noexcept {
    return guarded([&] { return step(begin_payload(self(call).reply_, view(meta))); });
  }
  static stoq_status extract_write(const stoq_call* call, stoq_bytes chunk) noexcept {
    return guarded([&] { return step(write_payload(self(call).reply_, bytes(chunk))); });
  }
  static stoq_status extract_end(const stoq_call* call, int32_t keep) noexcept {
    return guarded([&] { return step(end_payload(self(call).reply_, keep != 0)); });
  }
  static stoq_status extract_meta(const stoq_call* call, stoq_str meta) noexcept {
    return guarded([&] {
      Reply& reply = self(call).reply_;
      if (reply.meter().stopped()) return STOQ_STOP;
      return valid(reply.meter().open() && reply.extract_meta(view(meta)));
    });
  }
  static stoq_status dispatch(const stoq_call* call, stoq_str plugin, stoq_str meta) noexcept {
    return guarded([&] {
      const std::string_view name = view(plugin);
      if (name.empty() || name.find('\0') != name.npos)
        return refuse(call, "it names a plugin by no name, or by one with a zero byte in it");
      return valid(self(call).reply_.dispatch(name, view(meta)));
    });
  }
  static stoq_status set_payload_meta(const stoq_call* call, stoq_str json) noexcept {
    return guarded([&] { return valid(self(call).reply_.set_payload_meta(view(json))); });
  }
  static stoq_status set_request_meta(const stoq_call* call, stoq_str json) noexcept {
    return guarded([&] { return valid(self(call).reply_.set_request_meta(view(json))); });
  }
  static stoq_status put_payload(const stoq_call* call, stoq_bytes content, stoq_str meta,
                                 stoq_str request, uint64_t token) noexcept {
    return guarded([&] {
      return open(self(call).reply_.put_payload(bytes(content), view(meta), view(request), token));
    });
  }
  static stoq_status put_file(const stoq_call* call, int32_t fd, stoq_str meta, stoq_str request,
                              uint64_t token) noexcept {
    return guarded([&] {
      if (fcntl(fd, F_GETFD) < 0)
        return refuse(call, "put_file was given " + std::to_string(fd) +
                                ", which is no open descriptor; the item was not taken");
      return open(self(call).reply_.put_file(fd, view(meta), view(request), token));
    });
  }
  static stoq_status put_task(const stoq_call* call, stoq_str task, stoq_str request,
                              uint64_t token) noexcept {
    return guarded(
        [&] { return open(self(call).reply_.put_task(view(task), view(request), token)); });
  }
  static stoq_status expect(const stoq_call* call, uint64_t items) noexcept {
    return guarded([&] {
      self(call).reply_.expect(items);
      return STOQ_OK;
    });
  }

  static constexpr stoq_call_api table{sizeof(stoq_call_api),
                                       0,
                                       &fact,
                                       &content_fd,
                                       &cancelled,
                                       &time_left,
                                       &result,
                                       &error,
                                       &raise,
                                       &extract_begin,
                                       &extract_write,
                                       &extract_meta,
                                       &extract_end,
                                       &dispatch,
                                       &set_payload_meta,
                                       &set_request_meta,
                                       &put_payload,
                                       &put_file,
                                       &put_task,
                                       &expect};
};

NativeCall::NativeCall(const PluginInfo& info, Input& input, Reply& reply)
    : info_(info),
      input_(input),
      reply_(reply),
      call_{sizeof(stoq_call), 0, &NativeCallApi::table, this} {
  if (!input.payload) return;
  const Bytes content = input.payload->content();
  payload_.struct_size = sizeof payload_;
  payload_.level = input.payload->level;
  payload_.content = {content.data(), content.size()};
  const Sha256& digest = input.payload->sha256();
  std::memcpy(payload_.sha256, digest.data(), digest.size());
}

NativeCall::~NativeCall() {
  if (fd_ >= 0) close(fd_);
}

std::string_view NativeCall::fact(uint32_t which) {
  if (which == 0 || which >= kFacts) return {};
  switch (which) {
    case STOQ_FACT_RESPONSE:
      return input_.response_text;
    case STOQ_FACT_SCAN_ID:
      return input_.scan_id;
    case STOQ_FACT_TASK:
      return input_.task;
    default:
      break;
  }
  if (!input_.payload) return {};
  Payload& payload = *input_.payload;
  switch (which) {
    case STOQ_FACT_PAYLOAD_ID:
      return payload.payload_id;
    case STOQ_FACT_EXTRACTED_FROM:
      return payload.extracted_from;
    case STOQ_FACT_EXTRACTED_BY:
      return payload.extracted_by;
    default:
      break;
  }
  std::string text;
  switch (which) {
    case STOQ_FACT_PAYLOAD_META:
      text = payload.payload_meta.text();
      break;
    case STOQ_FACT_REQUEST_META:
      text = input_.request ? input_.request->request_meta.text() : "{}";
      break;
    case STOQ_FACT_DISPATCH_META:
      text = object_text(payload.dispatch_meta);
      break;
    case STOQ_FACT_DEEP_DISPATCH_META:
      text = object_text(payload.deep_dispatch_meta);
      break;
    case STOQ_FACT_RESULTS:
      text = results_text(payload, info_);
      break;
    case STOQ_FACT_PLUGINS_RUN:
      text = plugins_run_text(payload);
      break;
    case STOQ_FACT_ANCESTORS:
      text = info_.wants_ancestors ? ancestors_text(payload, info_) : "[]";
      break;
    default:
      break;
  }
  // A plugin may have changed what it asks for again; what it was told before stays readable.
  auto& told = texts_[which];
  if (told.empty() || told.front() != text) told.push_front(std::move(text));
  return told.front();
}

int NativeCall::content_fd() {
  if (!input_.payload) return -1;
  if (fd_ >= 0) return lseek(fd_, 0, SEEK_SET) == 0 ? fd_ : -1;
  if (const int shared = input_.payload->blob().fd(); shared >= 0) {
    char path
        [32];  // a descriptor of its own: others may be reading the shared one at their own offset
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", shared);
    fd_ = open(path, O_RDONLY | O_CLOEXEC);
    // In a host, where that is refused, it belongs to this call.
    if (fd_ < 0 && (fd_ = fcntl(shared, F_DUPFD_CLOEXEC, 0)) >= 0) lseek(fd_, 0, SEEK_SET);
    if (fd_ >= 0) return fd_;
  }
  int fd = memfd_create("stoq-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (const char* tmp = std::getenv("TMPDIR"); fd < 0 && tmp)  // the sandbox counts what lies there
    fd = open(tmp, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  Bytes rest =
      payload_.content.data ? Bytes{payload_.content.data, payload_.content.size} : Bytes{};
  while (!rest.empty()) {
    const ssize_t n = write(fd, rest.data(), rest.size());
    if (n <= 0) {
      close(fd);
      return -1;
    }
    rest = rest.subspan(static_cast<size_t>(n));
  }
  fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
  lseek(fd, 0, SEEK_SET);
  fd_ = fd;
  return fd_;
}

}  // namespace stoq
