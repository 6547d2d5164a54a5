// SPDX-License-Identifier: Apache-2.0
#include "response_object.h"

#include "core/response_text.h"
#include "json/canonical.h"
#include "payload_object.h"
#include "stoq/exceptions.h"

namespace stoq::python {
namespace {

thread_local RequestScope* scope = nullptr;

py::handle response_class() {
  static const py::handle found =
      py::object(py::module_::import("stoq.data_classes").attr("StoqResponse")).release();
  return found;
}

}  // namespace

void ResponseCore::own(stoq::StoqResponse&& response) {
  owned_ = std::make_unique<stoq::StoqResponse>(std::move(response));
  response_ = owned_.get();
}

void ResponseCore::own_copy() {
  if (!owned_) own(stoq::StoqResponse(*response_));
}

py::str ResponseCore::payload(size_t index) const {
  return text(text_of(response_->results.at(index)));
}

py::str ResponseCore::get(const std::string& member) const {
  const stoq::StoqResponse& r = *response_;
  if (member == "errors") return text(text_of(r.errors));
  if (member == "limits") return text(text_of(r.limits));
  if (member == "decorators") return text(text_of(r.decorators));
  if (member == "request_meta") return text(r.request_meta.text());
  if (member == "time") return text(local_time(r.time));
  if (member == "scan_id") return text(r.scan_id);
  if (member == "schema") return text(kSchemaVersion);
  throw py::key_error(member);
}

py::str ResponseCore::dumps(unsigned indent) const {
  std::string out;
  {
    const NoGil released;
    out = response_->dumps(indent);
  }
  return text(out);
}

void add_response_type(py::module_& module) {
  py::class_<ResponseCore, std::shared_ptr<ResponseCore>>(module, "ResponseCore")
      .def("count", &ResponseCore::count)
      .def("payload", &ResponseCore::payload)
      .def("get", &ResponseCore::get)
      .def("dumps", &ResponseCore::dumps);
}

py::object response_object(std::shared_ptr<ResponseCore> core) {
  static const py::handle make = py::object(response_class().attr("_of")).release();
  return make(std::move(core));
}

stoq::StoqResponse response_of(py::handle object) {
  if (!py::isinstance(object, response_class()))
    throw py::type_error("a response is a StoqResponse, not " +
                         std::string(Py_TYPE(object.ptr())->tp_name));
  if (object.attr("_untouched")().cast<bool>())
    return object.attr("_core").cast<const ResponseCore&>().response();
  const py::str json = object.attr("_text")(py::none());
  const Json canonical = Json::parse(view(json.ptr()));
  stoq::StoqResponse response;
  if (const std::string problem = read_response(canonical.text(), response); !problem.empty())
    throw StoqException("the response is of the wrong shape: " + problem);
  return response;
}

RequestScope::RequestScope() : outer_(std::exchange(scope, this)) {}
RequestScope::~RequestScope() {
  scope = outer_;
}

void RequestScope::interrupted() {
  if (scope) scope->interrupted_ = true;
}

py::object RequestScope::finish(stoq::StoqResponse&& response) {
  if (!core_ || scan_id_ != response.scan_id)
    return response_object(std::make_shared<ResponseCore>(std::move(response)));
  core_->own(std::move(response));
  py::object object = py::reinterpret_borrow<py::object>(object_.get());
  object.attr("_refresh")();
  return object;
}

ShownResponse::ShownResponse(const stoq::StoqResponse& response) {
  if (scope && scope->core_ && scope->scan_id_ == response.scan_id) {
    of_request_ = true;
    object_ = py::reinterpret_borrow<py::object>(scope->object_.get());
    object_.attr("_refresh")();
    return;
  }
  core_ = std::make_shared<ResponseCore>(response);
  object_ = response_object(core_);
  if (!scope || scope->core_) return;
  of_request_ = true;
  scope->core_ = core_;
  scope->scan_id_ = response.scan_id;
  scope->object_.set(object_);
}

ShownResponse::~ShownResponse() {
  if (!of_request_ && (Py_REFCNT(object_.ptr()) > 1 || core_.use_count() > 2)) core_->own_copy();
}

}  // namespace stoq::python
