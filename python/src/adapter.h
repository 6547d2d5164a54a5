// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gil.h"
#include "stoq/plugin.h"

namespace stoq::python {

// A Python plugin as the engine's plugin object. `adapter`: a stoq._adapter.Adapter. With the
// interpreter; the object may be called, and dropped, on any thread without it.
MadePlugin make_plugin(py::object adapter);

// A plugin out of its file: module, class, object, adapter, as stoq._load does it. `file`: its
// .stoq, `options`: laid over its [options], by name. What goes wrong is a ForeignException.
MadePlugin load_plugin(const std::string& name, const std::string& file, const std::string& module,
                       const std::vector<std::pair<std::string, std::string>>& config_options,
                       const std::vector<std::pair<std::string, std::string>>& plugin_opts);

// What a Python exception is to the engine. Takes the interpreter's error; with the interpreter.
ForeignException foreign(py::error_already_set& e);

// The types that the package's classes stand on, as a module `stoq._native`. The extension adds the
// engine to it; a program that embeds Python and only hosts plugins calls install_native_module
// before anything imports stoq.
void fill_native_module(py::module_& module);
void install_native_module();

}  // namespace stoq::python
