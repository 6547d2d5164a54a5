// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/content.h"
#include "gil.h"
#include "stoq/payload.h"

namespace stoq::python {

// `PayloadBase`, of which stoq.Payload is made: it shows the engine's payload while a plugin is
// called with it, and gives its bytes without a copy. Called once, with the interpreter.
void add_payload_type(py::module_& module);

// The Python objects that go with a payload in work, as its companion.
class Companion {
 public:
  // Its own; made if there are none. With the interpreter.
  static Companion& of(stoq::Payload& payload);
  // Makes an object of the program the one that goes with the payload. `payload_meta`: the text that
  // the engine got of it.
  static void attach(stoq::Payload& payload, py::object object, const std::string& payload_meta);

  PyObject* payload() const { return payload_.get().ptr(); }
  // The RequestMeta for the request as it is now.
  PyObject* request_meta(const Request& request);
  // What the plugin has changed, put into the engine's. py::error_already_set when something cannot
  // be written as JSON, ForeignException when it is of the wrong shape; the rest counts.
  void take_changes(stoq::Payload& payload, Request& request);

 private:
  explicit Companion(py::object payload) : payload_(std::move(payload)) {}
  void take_payload_changes(stoq::Payload& payload);
  void take_request_changes(Request& request);

  const Kept payload_;
  std::unique_ptr<Kept> request_meta_;
  bool plain_request_ = false;  // it was all defaults
  std::string request_text_;    // else
};

// Shows the engine's payload through its companion's object while it lives; then the object stands
// on its own, if somebody has kept it.
class Shown {
 public:
  Shown(stoq::Payload& payload, const Companion& companion);
  ~Shown();
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

 private:
  PyObject* object_;
};

// The object of the program whose bytes are scanned: the content of the root is that object itself,
// as long as this lives, on this thread.
class RootContent {
 public:
  RootContent(PyObject* object, Bytes bytes);
  ~RootContent();
  RootContent(const RootContent&) = delete;
  RootContent& operator=(const RootContent&) = delete;
  // The one whose bytes a payload has, null when they are the engine's.
  static const RootContent* of(const stoq::Payload& payload);

 private:
  friend py::object content_of(const stoq::Payload& payload);
  PyObject* object_;
  Bytes bytes_;
  RootContent* outer_;
};

// The engine's payload for a stoq.Payload, its content copied. With the interpreter.
stoq::Payload payload_of(py::handle object);

// The bytes as an object: the program's own, or a copy.
py::object content_of(const stoq::Payload& payload);

py::str text(std::string_view utf8);
// UTF-8 of a str, valid as long as it; py::error_already_set.
std::string_view view(PyObject* str);

}  // namespace stoq::python
