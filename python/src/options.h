// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gil.h"
#include "stoq/stoq.h"

namespace stoq::python {

// Names: None, one str, or any iterable of them.
Names names_of(py::handle names, const char* what);
// The arguments of stoq.Stoq, by their names; those not given are not in it, or None.
StoqOptions options_of(const py::dict& options);
// What arguments, stoq.cfg and defaults come to, as far as the package needs it.
py::dict settings_of(const py::dict& options);
// The plugins in these directories: a list of dicts, and the warnings.
py::tuple discover(const std::vector<std::string>& directories);

}  // namespace stoq::python
