// SPDX-License-Identifier: Apache-2.0
//
// stoq._native: the types that the package's classes stand on, and the engine.
#include "adapter.h"
#include "engine_object.h"

PYBIND11_MODULE(_native, module) {
  module.doc() = "The engine, for the classes of the package.";
  stoq::python::fill_native_module(module);
  stoq::python::add_engine_type(module);
}
