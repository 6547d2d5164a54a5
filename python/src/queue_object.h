// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gil.h"
#include "stoq/plugin.h"

namespace stoq::python {

void add_queue_type(py::module_& module);

// The engine's queue for Python, as long as a provider is at work; afterwards it takes nothing. With
// the interpreter.
class ShownQueue {
 public:
  explicit ShownQueue(stoq::Queue& queue);
  ~ShownQueue();
  py::handle object() const { return object_; }

 private:
  py::object object_;
};

}  // namespace stoq::python
