// SPDX-License-Identifier: Apache-2.0
#include "engine_object.h"
namespace stoq::python {
void add_engine_type(py::module_&) {}
}  // namespace stoq::python
