// SPDX-License-Identifier: Apache-2.0
#include "adapter.h"

#include "payload_object.h"
#include "queue_object.h"
#include "response_object.h"
#include "stoq/sdk/json.h"

namespace stoq::python {
namespace {

Json json_of(py::handle text) {
  if (text.is_none()) return {};
  return Json::from_canonical(std::string(view(text.ptr())));  // checked where it arrives
}

std::vector<std::string> strings(py::handle list) {
  std::vector<std::string> out;
  for (const py::handle item : list) out.emplace_back(view(item.ptr()));
  return out;
}

// The exception with its frames.
py::object value_of(const py::error_already_set& e) {
  if (e.trace()) PyException_SetTraceback(e.value().ptr(), e.trace().ptr());
  return e.value();
}

// A tuple as the adapter returns it, member by member.
struct Answer {
  py::object tuple;
  bool none() const { return tuple.is_none(); }
  py::handle operator[](Py_ssize_t i) const {
    if (!PyTuple_Check(tuple.ptr()) || i >= PyTuple_GET_SIZE(tuple.ptr()))
      throw ForeignException("StoqPluginException", "the adapter gave no answer");
    return PyTuple_GET_ITEM(tuple.ptr(), i);
  }
};

class PythonPlugin final : public WorkerPlugin,
                           public DispatcherPlugin,
                           public DeepDispatcherPlugin,
                           public ArchiverPlugin,
                           public ConnectorPlugin,
                           public DecoratorPlugin,
                           public ProviderPlugin {
 public:
  explicit PythonPlugin(py::object adapter)
      : name_(view(py::object(adapter.attr("name")).ptr())), adapter_(std::move(adapter)) {}

  WorkerResponse scan(stoq::Payload& payload, Request& request) override {
    const Gil gil;
    static PyObject* const method = PyUnicode_InternFromString("scan");
    return guarded(method, [&] {
      const Answer answer = with_payload(method, payload, request);
      WorkerResponse response;
      if (answer.none()) return response;
      response.results = json_of(answer[0]);
      for (const py::handle one : answer[1]) response.extracted.push_back(extracted(one));
      response.errors = strings(answer[2]);
      response.dispatch_to = strings(answer[3]);
      return response;
    });
  }

  DispatcherResponse get_dispatches(stoq::Payload& payload, Request& request) override {
    const Gil gil;
    static PyObject* const method = PyUnicode_InternFromString("get_dispatches");
    return guarded(method,
                   [&] { return dispatches(method, payload, request, payload.dispatch_meta); });
  }

  DispatcherResponse get_deep_dispatches(stoq::Payload& payload, Request& request) override {
    const Gil gil;
    static PyObject* const method = PyUnicode_InternFromString("get_deep_dispatches");
    return guarded(
        method, [&] { return dispatches(method, payload, request, payload.deep_dispatch_meta); });
  }

  ArchiverResponse archive(stoq::Payload& payload, Request& request) override {
    const Gil gil;
    static PyObject* const method = PyUnicode_InternFromString("archive");
    return guarded(method, [&] {
      const Answer answer = with_payload(method, payload, request);
      return answer.none() ? ArchiverResponse{}
                           : ArchiverResponse{json_of(answer[0]), strings(answer[1])};
    });
  }

  std::optional<stoq::Payload> get(const ArchiverResponse& task) override {
    const Gil gil;
    static PyObject* const method = PyUnicode_InternFromString("get");
    return guarded(method, [&]() -> std::optional<stoq::Payload> {
      const py::object results =
          py::module_::import("json").attr("loads")(text(task.results.text()));
      const Answer answer{adapter_.get().attr(method)(results)};
      if (answer.none()) return std::nullopt;
      ExtractedPayload payload = extracted(answer.tuple);
      return stoq::Payload(bytes_of(payload.content), std::move(payload.payload_meta));
    });
  }

  void save(const stoq::StoqResponse& response) override {
    const Gil gil;
    static PyObject* const method = PyUnicode_InternFromString("save");
    guarded(method, [&] {
      const ShownResponse shown(response);
      adapter_.get().attr(method)(shown.object());
    });
  }

  DecoratorResponse decorate(const stoq::StoqResponse& response) override {
    const Gil gil;
    static PyObject* const method = PyUnicode_InternFromString("decorate");
    return guarded(method, [&] {
      const ShownResponse shown(response);
      const Answer answer{adapter_.get().attr(method)(shown.object())};
      return answer.none() ? DecoratorResponse{}
                           : DecoratorResponse{json_of(answer[0]), strings(answer[1])};
    });
  }

  void ingest(Queue& queue) override {
    const Gil gil;
    static PyObject* const method = PyUnicode_InternFromString("ingest");
    guarded(method, [&] {
      const ShownQueue shown(queue);
      adapter_.get().attr(method)(shown.object());
    });
  }

 private:
  // What Python raises becomes the engine's.
  template <class Function>
  auto guarded(PyObject* method, const Function& function) -> decltype(function()) {
    try {
      return function();
    } catch (py::error_already_set& e) {
      if (e.matches(PyExc_KeyboardInterrupt)) RequestScope::interrupted();
      try {
        adapter_.get().attr("failed")(py::handle(method), value_of(e));
      } catch (py::error_already_set&) {  // nobody to tell
      }
      throw foreign(e);
    }
  }

  Answer with_payload(PyObject* method, stoq::Payload& payload, Request& request) {
    Companion& companion = Companion::of(payload);
    const std::shared_ptr<void> alive = payload.companion;
    const Shown shown(payload, companion);
    PyObject* arguments[] = {adapter_.get().ptr(), companion.payload(),
                             companion.request_meta(request)};
    PyObject* answer =
        PyObject_VectorcallMethod(method, arguments, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
    if (!answer) {
      py::error_already_set e;
      try {  // what it changed before it failed counts
        companion.take_changes(payload, request);
      } catch (...) {
      }
      throw e;
    }
    Answer out{py::reinterpret_steal<py::object>(answer)};
    companion.take_changes(payload, request);
    return out;
  }

  DispatcherResponse dispatches(PyObject* method, stoq::Payload& payload, Request& request,
                                NamedResults& all_meta) {
    const Answer answer = with_payload(method, payload, request);
    DispatcherResponse response;
    response.plugin_names = strings(answer[0]);
    for (const py::handle one : answer[2])
      response.meta.emplace_back(std::string(view(py::object(one[py::int_(0)]).ptr())),
                                 json_of(py::object(one[py::int_(1)])));
    response.errors = strings(answer[3]);
    // Workers find all of it under the dispatcher's name, for whatever plugins it is meant.
    if (!answer[1].is_none()) all_meta.set(name_, Json::parse(view(answer[1].ptr())));
    return response;
  }

  static ExtractedPayload extracted(py::handle pair) {
    const py::object content = pair[py::int_(0)], meta = pair[py::int_(1)];
    char* data = nullptr;
    Py_ssize_t size = 0;
    if (PyBytes_AsStringAndSize(content.ptr(), &data, &size) != 0) throw py::error_already_set();
    ExtractedPayload payload{std::string(data, static_cast<size_t>(size)), {}};
    if (!payload.payload_meta.update(Json::parse(view(meta.ptr())).text()))
      throw ForeignException("StoqPluginException",
                             "the payload_meta of a payload that it extracted was refused: it must "
                             "have should_archive, should_scan (booleans), extra_data (a dict), "
                             "dispatch_to (names)");
    return payload;
  }

  const std::string name_;
  const Kept adapter_;
};

}  // namespace

ForeignException foreign(py::error_already_set& e) {
  try {
    const py::object described = py::module_::import("stoq._adapter").attr("describe")(value_of(e));
    return {std::string(view(py::object(described[py::int_(0)]).ptr())),
            std::string(view(py::object(described[py::int_(1)]).ptr()))};
  } catch (py::error_already_set&) {
    return {"Exception", "an exception whose text cannot be had"};
  }
}

MadePlugin make_plugin(py::object adapter) {
  const py::dict traits = adapter.attr("traits");
  MadePlugin made;
  made.traits.serial = true;
  made.traits.roles = strings(traits["roles"]);
  made.traits.required_workers = strings(traits["required_workers"]);
  made.traits.version = std::string(view(py::object(traits["version"]).ptr()));
  made.traits.description = std::string(view(py::object(traits["description"]).ptr()));
  made.plugin = std::make_shared<PythonPlugin>(std::move(adapter));
  return made;
}

MadePlugin load_plugin(const std::string& name, const std::string& file, const std::string& module,
                       const std::vector<std::pair<std::string, std::string>>& config_options,
                       const std::vector<std::pair<std::string, std::string>>& plugin_opts) {
  const auto dict = [](const auto& pairs) {
    py::dict out;
    for (const auto& [key, value] : pairs) out[text(key)] = text(value);
    return out;
  };
  // As stoQ 2 and 3 read a command line: `true` and `false` are no texts.
  py::dict given = dict(plugin_opts);
  for (const auto& [key, value] : plugin_opts) {
    const std::string lower = text(value).attr("lower")().cast<std::string>();
    if (lower == "true" || lower == "false") given[text(key)] = py::bool_(lower == "true");
  }
  try {
    return make_plugin(
        py::module_::import("stoq._adapter")
            .attr("load")(text(name), text(file), text(module), dict(config_options), given));
  } catch (py::error_already_set& e) {
    throw foreign(e);
  }
}

void fill_native_module(py::module_& module) {
  add_payload_type(module);
  add_response_type(module);
  add_queue_type(module);
}

void install_native_module() {
  auto module = py::module_::create_extension_module(
      "stoq._native", "What the classes of the package stand on.", new PyModuleDef());
  fill_native_module(module);
  py::module_::import("sys").attr("modules")["stoq._native"] = module;
}

}  // namespace stoq::python
