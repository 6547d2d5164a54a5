// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <pybind11/stl.h>

#include "config/discover.h"
#include "config/layers.h"
#include "core/instance.h"
#include "core/places.h"
#include "core/settings.h"
#include "payload_object.h"

namespace stoq::python {
namespace {

py::list list_of(const Names& names) {
  py::list out;
  for (const std::string& name : names) out.append(text(name));
  return out;
}

template <class Map>
void fill(Map& map, py::handle dict) {
  for (const auto& [key, value] : py::cast<py::dict>(dict))
    map[std::string(view(key.ptr()))] = OptionText(std::string(view(value.ptr())));
}

}  // namespace

Names names_of(py::handle names, const char* what) {
  Names out;
  if (names.is_none()) return out;
  if (PyUnicode_Check(names.ptr())) return {std::string(view(names.ptr()))};
  if (!py::isinstance<py::iterable>(names) || PyBytes_Check(names.ptr()))
    throw py::type_error(std::string(what) + " is " + Py_TYPE(names.ptr())->tp_name +
                         ": give a list of plugin names");
  for (const py::handle name : names) {
    if (!PyUnicode_Check(name.ptr()))
      throw py::type_error(std::string(what) + " holds " + Py_TYPE(name.ptr())->tp_name +
                           ": plugin names are str");
    const std::string_view stripped = view(name.ptr());
    const size_t first = stripped.find_first_not_of(" \t\n");
    out.emplace_back(first == stripped.npos
                         ? ""
                         : stripped.substr(first, stripped.find_last_not_of(" \t\n") - first + 1));
  }
  return out;
}

StoqOptions options_of(const py::dict& options) {
  StoqOptions out;
  const auto given = [&](const char* name) {
    const py::object value = options.attr("get")(name);
    return value;
  };
  const auto text_option = [&](const char* name, std::optional<std::string>& into) {
    if (const py::object value = given(name); !value.is_none())
      into = std::string(view(py::str(value).ptr()));
  };
  const auto number = [&](const char* name, std::optional<unsigned>& into) {
    if (const py::object value = given(name); !value.is_none()) into = value.cast<unsigned>();
  };
  const auto names = [&](const char* name, Names& into) { into = names_of(given(name), name); };
  text_option("base_dir", out.base_dir), text_option("config_file", out.config_file);
  text_option("log_dir", out.log_dir), text_option("log_level", out.log_level);
  names("plugin_dir_list", out.plugin_dir_list), names("providers", out.providers);
  names("source_archivers", out.source_archivers), names("dest_archivers", out.dest_archivers);
  names("connectors", out.connectors), names("dispatchers", out.dispatchers);
  names("deep_dispatchers", out.deep_dispatchers), names("decorators", out.decorators);
  names("always_dispatch", out.always_dispatch);
  number("max_recursion", out.max_recursion);
  number("max_dispatch_passes", out.max_dispatch_passes), number("threads", out.threads);
  if (const py::object opts = given("plugin_opts"); !opts.is_none())
    for (const auto& [plugin, values] : opts.cast<py::dict>())
      fill(out.plugin_opts[std::string(view(plugin.ptr()))], values);
  if (const py::object core = given("core"); !core.is_none()) fill(out.core, core);
  out.timings = py::bool_(py::object(given("timings")));
  out.explain = py::bool_(py::object(given("explain")));
  return out;
}

py::dict settings_of(const py::dict& options) {
  std::vector<std::string> warnings;  // the engine tells them
  Settings s;
  {
    const StoqOptions given = options_of(options);
    const NoGil released;
    s = load_settings(given, warnings);
  }
  py::dict out;
  out["base_dir"] = text(s.base_dir);
  out["max_queue"] = s.max_queue, out["max_recursion"] = s.max_recursion;
  out["max_dispatch_passes"] = s.max_dispatch_passes;
  out["log_dir"] = text(s.log_dir), out["log_level"] = static_cast<int>(s.log_level);
  out["log_maxbytes"] = s.log_maxbytes, out["log_backup_count"] = s.log_backup_count;
  out["log_syntax"] = s.log_json ? "json" : "text";
  out["plugin_dir_list"] = list_of(s.plugin_dirs);
  out["providers"] = list_of(s.providers);
  out["source_archivers"] = list_of(s.source_archivers);
  out["dest_archivers"] = list_of(s.dest_archivers);
  out["connectors"] = list_of(s.connectors);
  out["dispatchers"] = list_of(s.dispatchers);
  out["deep_dispatchers"] = list_of(s.deep_dispatchers);
  out["decorators"] = list_of(s.decorators);
  out["always_dispatch"] = list_of(s.always_dispatch);
  py::dict sections;
  for (const std::string& section : s.file.sections()) {
    py::dict values;
    for (const auto& [name, source] : config::layer_of(s.file, section))
      values[text(name)] = text(source.text);
    sections[text(section)] = values;
  }
  out["sections"] = sections;
  return out;
}

py::tuple discover(const std::vector<std::string>& directories) {
  std::vector<std::string> warnings;
  config::Manifests manifests;
  {
    const NoGil released;
    manifests = config::discover(directories, warnings);
  }
  const std::string installed = installed_plugin_dir() + "/";
  py::list found;
  for (const auto& [name, m] : manifests) {
    py::dict one;
    one["name"] = text(name), one["file"] = text(m.file), one["module"] = text(m.module_path);
    one["installed"] = m.file.starts_with(installed);
    one["python"] = m.kind == config::ModuleKind::python;
    one["version"] = text(m.version), one["description"] = text(m.description);
    one["min_stoq_version"] = text(m.min_stoq_version);
    py::list classes;
    for (const config::Role role : m.roles)
      classes.append(text(kRoleNames[static_cast<size_t>(role)]));
    one["classes"] = classes;
    found.append(one);
  }
  return py::make_tuple(found, list_of(warnings));
}

}  // namespace stoq::python
