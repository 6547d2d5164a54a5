// SPDX-License-Identifier: Apache-2.0
#include "pyhost/interpreter.h"

#include <pybind11/embed.h>
#include <unistd.h>

#include "adapter.h"
#include "core/places.h"
#include "stoq/exceptions.h"

namespace stoq {
namespace {

namespace py = pybind11;

LogFunction& python_log() {
  static LogFunction log;
  return log;
}

LogLevel level_of(int number) {
  return number >= 50   ? LogLevel::critical
         : number >= 40 ? LogLevel::error
         : number >= 30 ? LogLevel::warning
         : number >= 20 ? LogLevel::info
                        : LogLevel::debug;
}

py::dict environment_now() {
  py::dict environment;
  for (char** at = environ; at && *at; ++at) {
    const std::string_view entry = *at;
    const size_t equals = entry.find('=');
    if (equals == entry.npos || equals == 0) continue;
    environment[py::bytes(entry.data(), equals)] =
        py::bytes(entry.data() + equals + 1, entry.size() - equals - 1);
  }
  return environment;
}

py::module_& host_module() {
  static py::module_ module = py::module_::import("stoq._host");
  return module;
}

}  // namespace

// What stoq._host stands on.
PYBIND11_EMBEDDED_MODULE(_stoq_host, m) {
  m.def("log", [](int level, const std::string& line) {
    if (const LogFunction& log = python_log()) {
      const py::gil_scoped_release others_may_run;
      log(level_of(level), line);
    }
  });
  m.def("environment", &environment_now);
}

Interpreter::Interpreter(const std::string& packages) {
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.install_signal_handlers = 0;
  config.parse_argv = 0;
  config.use_environment = 0;
  config.write_bytecode = 0;
  config.pathconfig_warnings = 0;
  // The order of a set of texts is the same in every process.
  config.use_hash_seed = 1;
  config.hash_seed = 0;
  PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, kPython);
  if (!PyStatus_Exception(status))
    status = PyConfig_SetBytesString(&config, &config.executable, kPython);
  if (!PyStatus_Exception(status)) {
    char* arguments[] = {const_cast<char*>("stoq")};
    status = PyConfig_SetBytesArgv(&config, 1, arguments);
  }
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status))
    throw StoqException(std::string("Python does not start: ") +
                        (status.err_msg ? status.err_msg : "unknown reason"));
  try {
    // Ours, whatever else there is of that name; what else lies there keeps its place.
    py::list path = py::module_::import("sys").attr("path");
    const bool known = path.contains(packages);
    path.insert(0, packages);
    python::install_native_module();
    host_module().attr("begin")();
    if (known) path.attr("pop")(0);
  } catch (const py::error_already_set& e) {
    throw StoqException("the package stoq cannot be loaded from " + packages + ": " + e.what());
  }
}

void Interpreter::log_to(LogFunction log, LogLevel level) {
  python_log() = std::move(log);
  host_module().attr("level")(static_cast<int>(level));
}

void Interpreter::add_packages_of(const std::string& folder) {
  host_module().attr("add_packages_of")(folder);
}

void Interpreter::take_environment() {
  host_module().attr("take_environment")();
}

void Interpreter::before_fork() {
  PyOS_BeforeFork();
}

void Interpreter::after_fork(bool child) {
  child ? PyOS_AfterFork_Child() : PyOS_AfterFork_Parent();
}

void Interpreter::freeze() {
  const py::module_ gc = py::module_::import("gc");
  gc.attr("collect")();
  gc.attr("freeze")();
}

void Interpreter::share() {
  PyEval_SaveThread();
}

void flush_prints() {
  host_module().attr("flush")();
}

void wind_up() {
  try {
    host_module().attr("wind_up")();
  } catch (const py::error_already_set&) {  // nobody is left to tell
  }
}

}  // namespace stoq
