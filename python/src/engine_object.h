// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gil.h"

namespace stoq::python {

void add_engine_type(py::module_& module);

}  // namespace stoq::python
