// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

namespace stoq::python {

namespace py = pybind11;

// Holds the interpreter while it lives, on any thread; nests. A thread that Python does not know
// keeps its thread state until it ends: making one costs a hundred times what taking the lock does.
// Once the interpreter is ending, the thread stays here for ever.
class Gil {
 public:
  Gil();
  ~Gil();
  Gil(const Gil&) = delete;
  Gil& operator=(const Gil&) = delete;

 private:
  PyGILState_STATE state_;
};

// Lets go of the interpreter while it lives; the thread must hold it.
class NoGil {
 public:
  NoGil() : state_(PyEval_SaveThread()) {}
  ~NoGil();
  NoGil(const NoGil&) = delete;
  NoGil& operator=(const NoGil&) = delete;

 private:
  PyThreadState* state_;
};

// From here on no thread gets the interpreter any more, but the one that ends it.
void end_of_interpreter();

// A reference that may be dropped on any thread.
class Kept {
 public:
  Kept() = default;
  explicit Kept(py::object object) : object_(object.release().ptr()) {}
  ~Kept();
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  py::handle get() const { return object_; }
  void set(py::object object) { object_ = object.release().ptr(); }  // once

 private:
  PyObject* object_ = nullptr;
};

}  // namespace stoq::python
