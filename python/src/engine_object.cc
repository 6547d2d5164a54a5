// SPDX-License-Identifier: Apache-2.0
#include "engine_object.h"

#include <pthread.h>
#include <pybind11/stl.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <set>
#include <thread>

#include "adapter.h"
#include "core/fork.h"
#include "core/instance.h"
#include "options.h"
#include "payload_object.h"
#include "response_object.h"

namespace stoq::python {
namespace {

// Under the interpreter's lock.
bool ending = false;
unsigned long ender = 0;  // the thread that ends it
std::multiset<unsigned long> threads_at_work;
std::set<EngineObject*>& engines() {
  static auto* all = new std::set<EngineObject*>;
  return *all;
}

RequestMeta request_meta_of(py::handle json) {
  RequestMeta meta;
  if (!meta.update(Json::parse(view(json.ptr())).text()))
    throw py::type_error("request_meta was refused: " + std::string(kRequestMetaShape));
  return meta;
}

PayloadMeta payload_meta_of(py::handle json) {
  PayloadMeta meta;
  if (!meta.update(Json::parse(view(json.ptr())).text()))
    throw py::type_error("payload_meta was refused: " + std::string(kPayloadMetaShape));
  return meta;
}

// The bytes of a content while it lives.
class Held {
 public:
  explicit Held(py::handle content) {
    if (PyUnicode_Check(content.ptr())) {
      bytes_ = bytes_of(view(content.ptr()));
      return;
    }
    if (PyObject_GetBuffer(content.ptr(), &buffer_, PyBUF_SIMPLE) != 0) {
      PyErr_Clear();
      throw py::type_error(std::string("content is ") + Py_TYPE(content.ptr())->tp_name +
                           ": give bytes or str");
    }
    bytes_ = {static_cast<const uint8_t*>(buffer_.buf), static_cast<size_t>(buffer_.len)};
  }
  ~Held() {
    if (buffer_.obj) PyBuffer_Release(&buffer_);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  Bytes bytes() const { return bytes_; }

 private:
  Py_buffer buffer_{};
  Bytes bytes_;
};

}  // namespace

// A call in the engine.
class EngineObject::Use {
 public:
  explicit Use(const EngineObject& engine) {
    engine.check();
    at_ = threads_at_work.insert(PyThread_get_thread_ident());
  }
  ~Use() { threads_at_work.erase(at_); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  std::multiset<unsigned long>::iterator at_;
};

void EngineObject::check() const {
  if (forks_ != fork_count())
    throw StoqException(
        "this Stoq was made before the process forked, and its threads and hosts stayed with the "
        "parent: make one in the child");
  // Whoever still comes is a daemon thread, which Python would stop at its next step.
  if (ending && ender != PyThread_get_thread_ident()) park();
  if (ending || !stoq_) throw StoqException("this Stoq is closed: the interpreter is ending");
}

template <class Function>
auto EngineObject::at_work(const Function& function) {
  const Use use(*this);
  struct Drain {
    LogQueue& log;
    ~Drain() {
      try {
        log.drain();
      } catch (py::error_already_set& e) {
        e.discard_as_unraisable("the log of stoQ");
      }
    }
  } const drain{*log_};
  const LogQueue::Caller caller;
  const std::shared_ptr<Stoq> stoq = stoq_;
  const NoGil released;
  return function(*stoq);
}

EngineObject::EngineObject(const py::dict& options, py::object make_plugin)
    : log_(std::make_shared<LogQueue>()),
      make_plugin_(std::make_shared<Kept>(std::move(make_plugin))),
      forks_(fork_count()) {
  if (ending) throw StoqException("no Stoq is made any more: the interpreter is ending");
  StoqOptions given = options_of(options);
  given.log_sink = log_;
  given.make_plugin = [make = make_plugin_](const std::string& name) -> MadePlugin {
    const Gil gil;
    try {
      const py::object adapter = make->get()(text(name));
      return adapter.is_none() ? MadePlugin{} : python::make_plugin(adapter);
    } catch (py::error_already_set& e) {
      if (e.matches(PyExc_KeyboardInterrupt)) RequestScope::interrupted();
      const ForeignException why = foreign(e);
      throw StoqPluginException(why.type() + ": " + why.what());
    }
  };
  try {
    const LogQueue::Caller caller;
    const NoGil released;
    stoq_ = std::make_shared<Stoq>(std::move(given));
  } catch (...) {
    log_->drain();
    throw;
  }
  log_->drain();
  engines().insert(this);
}

EngineObject::~EngineObject() {
  engines().erase(this);
  close();
}

void EngineObject::close() {
  if (!stoq_) return;
  if (forks_ != fork_count()) {  // what is behind it is the parent's
    new std::shared_ptr<Stoq>(std::move(stoq_));
    return;
  }
  std::shared_ptr<Stoq> stoq = std::move(stoq_);
  const NoGil released;
  stoq->stop();
  stoq.reset();
}

ScanOptions EngineObject::scan_options(py::handle request_meta, py::handle start_dispatch,
                                       py::handle start_deep_dispatch) const {
  ScanOptions options;
  if (!request_meta.is_none()) options.request_meta = request_meta_of(request_meta);
  options.add_start_dispatch = names_of(start_dispatch, "add_start_dispatch");
  options.add_start_deep_dispatch = names_of(start_deep_dispatch, "add_start_deep_dispatch");
  return options;
}

py::object EngineObject::scan(py::handle content, py::handle payload_meta, py::handle request_meta,
                              py::handle start_dispatch, py::handle start_deep_dispatch,
                              const std::string& ratelimit) {
  ScanOptions options = scan_options(request_meta, start_dispatch, start_deep_dispatch);
  if (!payload_meta.is_none()) options.payload_meta = payload_meta_of(payload_meta);
  options.ratelimit = ratelimit;
  const Held held(content);
  const RootContent root(content.ptr(), held.bytes());
  RequestScope scope;
  py::object response = scope.finish(
      at_work([&](Stoq& stoq) { return stoq.scan(held.bytes(), std::move(options)); }));
  if (!scope.was_interrupted()) return response;
  PyErr_SetNone(PyExc_KeyboardInterrupt);
  throw py::error_already_set();
}

py::object EngineObject::scan_payload(py::handle payload, py::handle payload_meta,
                                      py::handle request_meta, py::handle start_dispatch,
                                      py::handle start_deep_dispatch) {
  ScanOptions options = scan_options(request_meta, start_dispatch, start_deep_dispatch);
  const py::object content = payload.attr("content");
  const Held held(content);
  const RootContent root(content.ptr(), held.bytes());
  RequestScope scope;
  py::object response;
  {
    stoq::Payload engines_own(Content::borrowed(held.bytes()), payload_meta_of(payload_meta),
                              std::string(view(py::object(payload.attr("payload_id")).ptr())));
    Companion::attach(engines_own, py::reinterpret_borrow<py::object>(payload),
                      std::string(view(payload_meta.ptr())));
    response = scope.finish(
        at_work([&](Stoq& stoq) { return stoq.scan_payload(engines_own, std::move(options)); }));
  }
  if (!scope.was_interrupted()) return response;
  PyErr_SetNone(PyExc_KeyboardInterrupt);
  throw py::error_already_set();
}

py::dict EngineObject::run(py::handle request_meta, py::handle start_dispatch,
                           py::handle start_deep_dispatch) {
  RunOptions options;
  if (!request_meta.is_none()) options.request_meta = request_meta_of(request_meta);
  options.add_start_dispatch = names_of(start_dispatch, "add_start_dispatch");
  options.add_start_deep_dispatch = names_of(start_deep_dispatch, "add_start_deep_dispatch");
  // The caller waits for signals and gives on what is logged, while another thread runs it.
  struct End {
    std::mutex mutex;
    std::condition_variable changed;
    bool over = false;
    RunSummary summary;
    std::exception_ptr problem;
  } end;
  const Use use(*this);
  const std::shared_ptr<Stoq> stoq = stoq_;
  std::thread runner([&] {
    try {
      end.summary = stoq->run(std::move(options));
    } catch (...) {
      end.problem = std::current_exception();
    }
    const std::lock_guard lock(end.mutex);
    end.over = true;
    end.changed.notify_all();
  });
  py::object interrupt;
  for (bool over = false; !over;) {
    {
      const NoGil released;
      std::unique_lock lock(end.mutex);
      over = end.changed.wait_for(lock, std::chrono::milliseconds(50), [&] { return end.over; });
    }
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      log_->drain();
    } catch (py::error_already_set& e) {  // of a handler of signals, or of records
      if (!interrupt) interrupt = e.value();
      stoq->stop();
    }
  }
  {
    const NoGil released;
    runner.join();
  }
  if (interrupt) {
    PyErr_SetObject(py::type::handle_of(interrupt).ptr(), interrupt.ptr());
    throw py::error_already_set();
  }
  if (end.problem) std::rethrow_exception(end.problem);
  py::dict summary;
  summary["done"] = end.summary.done, summary["failed"] = end.summary.failed;
  summary["retried"] = end.summary.retried, summary["not_scanned"] = end.summary.not_scanned;
  summary["spooled"] = end.summary.spooled;
  return summary;
}

void EngineObject::stop() {
  at_work([](Stoq& stoq) { stoq.stop(); });
}
void EngineObject::reload() {
  at_work([](Stoq& stoq) { stoq.reload(); });
}
void EngineObject::load(const std::string& name) {
  at_work([&](Stoq& stoq) { stoq.load_plugin(name); });
}

void EngineObject::change(py::handle max_recursion, py::handle max_dispatch_passes,
                          py::handle always_dispatch) {
  Changes changes;
  if (!max_recursion.is_none()) changes.max_recursion = max_recursion.cast<unsigned>();
  if (!max_dispatch_passes.is_none())
    changes.max_dispatch_passes = max_dispatch_passes.cast<unsigned>();
  if (!always_dispatch.is_none())
    changes.always_dispatch = names_of(always_dispatch, "always_dispatch");
  at_work([&](Stoq& stoq) { stoq.change(changes); });
}

void EngineObject::add(const std::string& name, py::object adapter) {
  MadePlugin made = python::make_plugin(std::move(adapter));
  at_work(
      [&](Stoq& stoq) { stoq.add_plugin(name, std::move(made.plugin), std::move(made.traits)); });
}

py::dict EngineObject::describe(const std::string& name) {
  struct Found {
    std::string version, description;
    std::vector<std::string> classes;
  };
  const Found found = at_work([&](Stoq& stoq) {
    const LoadedPlugin plugin = stoq.load_plugin(name);
    return Found{plugin.version(), plugin.description(), plugin.classes()};
  });
  py::dict out;
  out["version"] = text(found.version), out["description"] = text(found.description);
  py::list classes;
  for (const std::string& role : found.classes) classes.append(text(role));
  out["classes"] = classes;
  return out;
}

py::object EngineObject::call(const std::string& plugin, const std::string& method,
                              py::handle subject, py::handle request_meta) {
  const auto strings = [](const std::vector<std::string>& list) {
    py::list out;
    for (const std::string& item : list) out.append(text(item));
    return out;
  };
  const auto json = [](const Json& value) -> py::object {
    if (value.is_null()) return py::none();
    return text(value.text());
  };
  const auto loaded = [&](Stoq& stoq) { return stoq.load_plugin(plugin); };
  if (method == "save" || method == "decorate") {
    const stoq::StoqResponse response = response_of(subject);
    if (method == "save") {
      at_work([&](Stoq& stoq) { loaded(stoq).save(response); });
      return py::none();
    }
    const DecoratorResponse r =
        at_work([&](Stoq& stoq) { return loaded(stoq).decorate(response); });
    return py::make_tuple(json(r.results), strings(r.errors));
  }
  if (method == "get") {
    const ArchiverResponse task{Json::parse(view(subject.ptr())), {}};
    const std::optional<stoq::Payload> payload =
        at_work([&](Stoq& stoq) { return loaded(stoq).get(task); });
    if (!payload) return py::none();
    return py::make_tuple(content_of(*payload), text(payload->payload_meta.text()));
  }
  stoq::Payload payload = payload_of(subject);
  Request request{request_meta_of(request_meta)};
  const auto metas = [&] {
    return py::make_tuple(text(payload.payload_meta.text()), text(request.request_meta.text()));
  };
  if (method == "archive") {
    const ArchiverResponse r =
        at_work([&](Stoq& stoq) { return loaded(stoq).archive(payload, request); });
    return py::make_tuple(json(r.results), strings(r.errors), metas());
  }
  if (method == "scan") {
    const WorkerResponse r =
        at_work([&](Stoq& stoq) { return loaded(stoq).scan(payload, request); });
    py::list extracted;
    for (const ExtractedPayload& e : r.extracted)
      extracted.append(py::make_tuple(py::bytes(e.content), text(e.payload_meta.text())));
    return py::make_tuple(json(r.results), extracted, strings(r.errors), strings(r.dispatch_to),
                          metas());
  }
  const DispatcherResponse r = at_work([&](Stoq& stoq) {
    return method == "get_dispatches" ? loaded(stoq).get_dispatches(payload, request)
                                      : loaded(stoq).get_deep_dispatches(payload, request);
  });
  py::dict meta;
  for (const auto& [name, value] : r.meta) meta[text(name)] = text(value.text());
  return py::make_tuple(strings(r.plugin_names), meta, strings(r.errors), metas());
}

// Before the interpreter ends: no call begins any more, those at work come to an end, engines and
// their threads go. Threads that hang nevertheless are told to, then never get the interpreter again.
void end_all_engines() {
  ending = true;
  ender = PyThread_get_thread_ident();
  const auto wait_until_idle = [](int seconds) {
    for (int i = 0; i < seconds * 100 && !threads_at_work.empty(); ++i) {
      const NoGil released;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return threads_at_work.empty();
  };
  for (EngineObject* engine : engines())
    if (engine->stoq_ && engine->forks_ == fork_count()) {
      const std::shared_ptr<Stoq> stoq = engine->stoq_;
      const NoGil released;
      stoq->stop();
    }
  bool idle = wait_until_idle(5);
  if (!idle) {
    for (const unsigned long thread : threads_at_work)
      PyThreadState_SetAsyncExc(thread, PyExc_SystemExit);
    idle = wait_until_idle(5);
  }
  if (idle)
    for (EngineObject* engine : std::set<EngineObject*>(engines())) engine->close();
  end_of_interpreter();
}

namespace {

void translate(std::exception_ptr e) {
  const auto raise = [](const char* name, const std::exception& what) {
    const py::object type = py::module_::import("stoq.exceptions").attr(name);
    PyErr_SetObject(type.ptr(), text(what.what()).ptr());
  };
  try {
    if (e) std::rethrow_exception(e);
  } catch (const StoqPluginNotFound& what) {
    raise("StoqPluginNotFound", what);
  } catch (const StoqPluginException& what) {
    raise("StoqPluginException", what);
  } catch (const StoqException& what) {
    raise("StoqException", what);
  }
}

}  // namespace

void add_engine_type(py::module_& module) {
  pthread_atfork(nullptr, nullptr, [] { threads_at_work.clear(); });
  py::register_exception_translator(translate);
  py::class_<EngineObject>(module, "Engine")
      .def(py::init<const py::dict&, py::object>())
      .def("scan", &EngineObject::scan)
      .def("scan_payload", &EngineObject::scan_payload)
      .def("run", &EngineObject::run)
      .def("stop", &EngineObject::stop)
      .def("reload", &EngineObject::reload)
      .def("change", &EngineObject::change)
      .def("load", &EngineObject::load)
      .def("add", &EngineObject::add)
      .def("describe", &EngineObject::describe)
      .def("call", &EngineObject::call)
      .def("close", &EngineObject::close);
  module.def("settings", settings_of);
  module.def("discover", discover);
  module.def("end_all_engines", end_all_engines);
}

}  // namespace stoq::python
