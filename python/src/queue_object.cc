// SPDX-License-Identifier: Apache-2.0
#include "queue_object.h"

#include <mutex>
#include <shared_mutex>

#include "payload_object.h"

namespace stoq::python {
namespace {

// Puts may come from several threads, and later than the provider's end.
class QueueCore {
 public:
  explicit QueueCore(stoq::Queue& queue) : queue_(&queue) {}
  void close() {
    const NoGil released;
    const std::unique_lock lock(mutex_);
    queue_ = nullptr;
  }

  bool put_payload(const py::bytes& content, const py::str& meta, py::object request) {
    PayloadMeta payload_meta;
    if (!payload_meta.update(Json::parse(view(meta.ptr())).text()))
      throw py::type_error(
          "payload_meta must have should_archive, should_scan (booleans), "
          "extra_data (a dict), dispatch_to (names)");
    const std::string_view bytes = content;
    return put(request, [&](MetaArgument<RequestMeta> r) {
      return queue_->put(stoq::Payload(bytes, std::move(payload_meta)), 0, std::move(r));
    });
  }
  bool put_task(const py::str& task, py::object request) {
    Json json = Json::parse(view(task.ptr()));
    return put(request, [&](MetaArgument<RequestMeta> r) {
      return queue_->put_task(std::move(json), 0, std::move(r));
    });
  }
  bool stopped() {
    const std::shared_lock lock(mutex_);
    return !queue_ || queue_->stopped();
  }

 private:
  template <class Put>
  bool put(const py::object& request, const Put& put_it) {
    MetaArgument<RequestMeta> request_meta;
    if (!request.is_none()) {
      request_meta.emplace();
      if (!request_meta->update(Json::parse(view(request.ptr())).text()))
        throw py::type_error(
            "request_meta must have archive_payloads (a boolean), source (a str or "
            "None), extra_data (a dict)");
    }
    const NoGil released;
    const std::shared_lock lock(mutex_);
    return queue_ && put_it(std::move(request_meta));
  }

  std::shared_mutex mutex_;
  stoq::Queue* queue_;
};

}  // namespace

void add_queue_type(py::module_& module) {
  py::class_<QueueCore, std::shared_ptr<QueueCore>>(module, "QueueCore")
      .def("put_payload", &QueueCore::put_payload)
      .def("put_task", &QueueCore::put_task)
      .def("stopped", &QueueCore::stopped);
}

ShownQueue::ShownQueue(stoq::Queue& queue)
    : object_(py::cast(std::make_shared<QueueCore>(queue))) {}
ShownQueue::~ShownQueue() {
  object_.cast<QueueCore&>().close();
}

}  // namespace stoq::python
