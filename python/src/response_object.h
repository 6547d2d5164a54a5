// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "gil.h"
#include "stoq/response.h"

namespace stoq::python {

// What a stoq.StoqResponse of the engine's looks at.
class ResponseCore {
 public:
  // Not owned: valid until own() or the end of the response.
  explicit ResponseCore(const stoq::StoqResponse& response) : response_(&response) {}
  explicit ResponseCore(stoq::StoqResponse&& response)
      : owned_(std::make_unique<stoq::StoqResponse>(std::move(response))),
        response_(owned_.get()) {}

  void own(stoq::StoqResponse&& response);
  void own_copy();
  bool owns() const { return owned_ != nullptr; }
  const stoq::StoqResponse& response() const { return *response_; }

  size_t count() const { return response_->results.size(); }
  py::str payload(size_t index) const;           // JSON
  py::str get(const std::string& member) const;  // JSON, or the text itself
  py::str dumps(unsigned indent) const;

 private:
  std::unique_ptr<stoq::StoqResponse> owned_;
  const stoq::StoqResponse* response_;
};

void add_response_type(py::module_& module);

// A stoq.StoqResponse for it.
py::object response_object(std::shared_ptr<ResponseCore> core);
// The engine's response for a stoq.StoqResponse; StoqException when it is none.
stoq::StoqResponse response_of(py::handle object);

// The one object that stands for a request's response on this thread, for all that look at it there
// until the request is over.
class RequestScope {
 public:
  RequestScope();
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;
  // With the interpreter: the object for what the request gave.
  py::object finish(stoq::StoqResponse&& response);
  // KeyboardInterrupt of a plugin: raised when the request is over. With the interpreter.
  static void interrupted();
  bool was_interrupted() const { return interrupted_; }

 private:
  friend class ShownResponse;
  RequestScope* outer_;
  std::string scan_id_;
  std::shared_ptr<ResponseCore> core_;
  Kept object_;
  bool interrupted_ = false;
};

// A stoq.StoqResponse for as long as a plugin is called with it; afterwards it stands on its own, if
// somebody has kept it. With the interpreter.
class ShownResponse {
 public:
  explicit ShownResponse(const stoq::StoqResponse& response);
  ~ShownResponse();
  py::handle object() const { return object_; }

 private:
  std::shared_ptr<ResponseCore> core_;
  py::object object_;
  bool of_request_ = false;
};

}  // namespace stoq::python
