// SPDX-License-Identifier: Apache-2.0
#include "payload_object.h"

#include <structmember.h>

#include "core/instance.h"
#include "core/response_text.h"
#include "stoq/plugin.h"
#include "stoq/sdk/json.h"

namespace stoq::python {
namespace {

thread_local RootContent* root_content = nullptr;

struct PayloadObject {
  PyObject_HEAD PyObject* state;      // what Python keeps there for itself
  const stoq::Payload* shown;         // while a plugin is called with it
  std::unique_ptr<Content>* content;  // of which views are given out …
  PyObject* owner;                    // … or bytes of the program's
  Py_ssize_t views;
};

PayloadObject* self_of(PyObject* object) {
  return reinterpret_cast<PayloadObject*>(object);
}

struct Names {
  PyObject* content = PyUnicode_InternFromString("content");
  PyObject* payload_meta = PyUnicode_InternFromString("payload_meta");
  PyObject* dispatch_meta = PyUnicode_InternFromString("dispatch_meta");
  PyObject* deep_dispatch_meta = PyUnicode_InternFromString("deep_dispatch_meta");
  PyObject* worker_results = PyUnicode_InternFromString("worker_results");
  PyObject* plugins_run = PyUnicode_InternFromString("plugins_run");
  PyObject* archive_payloads = PyUnicode_InternFromString("archive_payloads");
  PyObject* source = PyUnicode_InternFromString("source");
  PyObject* extra_data = PyUnicode_InternFromString("extra_data");
};
const Names& names() {
  static const Names all;
  return all;
}

// Of stoq.data_classes; kept for ever.
struct Classes {
  py::object payload, request_meta, meta, empty = py::tuple();
  Classes() {
    const py::module_ module = py::module_::import("stoq.data_classes");
    payload = module.attr("Payload");
    request_meta = module.attr("RequestMeta");
    meta = module.attr("_Meta");
  }
};
const Classes& classes() {
  static const Classes* all = new Classes;
  return *all;
}

py::dict dict_of(PyObject* object) {
  return py::reinterpret_steal<py::dict>(PyObject_GenericGetDict(object, nullptr));
}

std::string worker_results(const stoq::Payload& payload) {
  std::string out = "[";
  for (const NamedResults& round : payload.worker_results) {
    if (out.size() > 1) out += ", ";
    out += text_of(round);
  }
  return out + "]";
}

std::string plugins_run(const stoq::Payload& payload) {
  sdk::JsonWriter w;
  w.begin_object();
  w.key("workers"), w.begin_array();
  for (const auto& round : payload.plugins_run) {
    w.begin_array();
    for (const std::string& name : round) w.value(std::string_view(name));
    w.end_array();
  }
  w.end_array();
  w.key("archivers"), w.begin_array(), w.end_array();
  w.end_object();
  return w.take();
}

py::object text_or_none(const std::string& value) {
  if (value.empty()) return py::none();
  return text(value);
}

PyObject* get(PyObject* object, PyObject* name) {
  const stoq::Payload* payload = self_of(object)->shown;
  if (!payload) {
    PyErr_Format(PyExc_AttributeError, "this payload has no %U", name);
    return nullptr;
  }
  try {
    const std::string_view wanted = view(name);
    py::object value;
    if (wanted == "content")
      value = content_of(*payload);
    else if (wanted == "payload_meta")
      value = text(payload->payload_meta.text());
    else if (wanted == "size")
      value = py::int_(payload->size());
    else if (wanted == "payload_id")
      value = text(payload->payload_id);
    else if (wanted == "extracted_by")
      value = text_or_none(payload->extracted_by);
    else if (wanted == "extracted_from")
      value = text_or_none(payload->extracted_from);
    else if (wanted == "worker_results")
      value = text(worker_results(*payload));
    else if (wanted == "plugins_run")
      value = text(plugins_run(*payload));
    else if (wanted == "dispatch_meta")
      value = text(text_of(payload->dispatch_meta));
    else if (wanted == "deep_dispatch_meta")
      value = text(text_of(payload->deep_dispatch_meta));
    else
      throw py::attribute_error(std::string(wanted));
    return value.release().ptr();
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_AttributeError, e.what());
  }
  return nullptr;
}

int get_buffer(PyObject* object, Py_buffer* out, int flags) {
  PayloadObject* self = self_of(object);
  if (PyObject* content = PyDict_GetItem(dict_of(object).ptr(), names().content))
    return PyObject_GetBuffer(content, out, flags);
  if (self->shown && !self->content && !self->owner) {
    try {
      if (RootContent::of(*self->shown))  // what it borrows may not last as long as the view
        self->owner = content_of(*self->shown).release().ptr();
      else
        self->content = new std::unique_ptr<Content>(new Content(self->shown->blob()));
    } catch (const std::exception& e) {
      PyErr_SetString(PyExc_BufferError, e.what());
      return -1;
    }
  }
  if (!self->content && !self->owner) {
    PyErr_SetString(PyExc_BufferError, "this payload has no content");
    return -1;
  }
  const Bytes bytes = self->content
                          ? (*self->content)->bytes()
                          : Bytes{reinterpret_cast<const uint8_t*>(PyBytes_AS_STRING(self->owner)),
                                  static_cast<size_t>(PyBytes_GET_SIZE(self->owner))};
  const int result = PyBuffer_FillInfo(out, object, const_cast<uint8_t*>(bytes.data()),
                                       static_cast<Py_ssize_t>(bytes.size()), 1, flags);
  if (result == 0) ++self->views;
  return result;
}

void drop_content(PayloadObject* self) {
  delete std::exchange(self->content, nullptr);
  Py_CLEAR(self->owner);
}

void release_buffer(PyObject* object, Py_buffer*) {
  PayloadObject* self = self_of(object);
  if (--self->views == 0 && !self->shown) drop_content(self);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(self_of(object)->state);
  return 0;
}
int clear(PyObject* object) {
  Py_CLEAR(self_of(object)->state);
  return 0;
}
void dealloc(PyObject* object) {
  PyObject_GC_UnTrack(object);
  clear(object);
  drop_content(self_of(object));
  Py_TYPE(object)->tp_free(object);
}

PyMethodDef payload_methods[] = {{"_get", get, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyMemberDef payload_members[] = {{"_state", T_OBJECT, offsetof(PayloadObject, state), 0, nullptr},
                                 {nullptr, 0, 0, 0, nullptr}};

PyTypeObject* payload_type() {
  static PyTypeObject type = [] {
    PyTypeObject t = {PyVarObject_HEAD_INIT(nullptr, 0)};
    static PyBufferProcs buffer{get_buffer, release_buffer};
    t.tp_name = "stoq._native.PayloadBase";
    t.tp_basicsize = sizeof(PayloadObject);
    t.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC;
    t.tp_new = PyType_GenericNew;
    t.tp_dealloc = dealloc;
    t.tp_traverse = traverse;
    t.tp_clear = clear;
    t.tp_methods = payload_methods;
    t.tp_members = payload_members;
    t.tp_as_buffer = &buffer;
    return t;
  }();
  return &type;
}

bool is_plain(const RequestMeta& meta) {
  std::string scratch;
  return meta.archive_payloads && !meta.source && meta.extra_data.view(scratch) == "{}";
}

// Whether a RequestMeta of Python still says what is_plain says; it may say so later than it could.
bool is_plain(PyObject* meta) {
  const py::dict members = dict_of(meta);
  PyObject* extra = PyDict_GetItem(members.ptr(), names().extra_data);
  return PyDict_GetItem(members.ptr(), names().archive_payloads) == Py_True &&
         PyDict_GetItem(members.ptr(), names().source) == Py_None && extra &&
         PyDict_CheckExact(extra) && PyDict_GET_SIZE(extra) == 0 &&
         PyDict_GET_SIZE(members.ptr()) == 3;
}

std::string canonical(PyObject* json) {
  return Json::parse(view(json)).text();
}

void refuse(std::string_view what, std::string_view shape) {
  throw ForeignException("StoqPluginException",
                         "its " + std::string(what) + " was refused: " + std::string(shape));
}

}  // namespace

py::str text(std::string_view utf8) {
  PyObject* str =
      PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "replace");
  if (!str) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(str);
}

std::string_view view(PyObject* str) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(str, &size);
  if (!data) throw py::error_already_set();
  return {data, static_cast<size_t>(size)};
}

RootContent::RootContent(PyObject* object, Bytes bytes)
    : object_(object), bytes_(bytes), outer_(std::exchange(root_content, this)) {}
RootContent::~RootContent() {
  root_content = outer_;
}

const RootContent* RootContent::of(const stoq::Payload& payload) {
  const Bytes bytes = payload.content();
  for (const RootContent* root = root_content; root; root = root->outer_)
    if (root->bytes_.data() == bytes.data() && root->bytes_.size() == bytes.size()) return root;
  return nullptr;
}

// The program's own object where it is that.
py::object content_of(const stoq::Payload& payload) {
  const RootContent* root = RootContent::of(payload);
  if (root && PyBytes_CheckExact(root->object_))
    return py::reinterpret_borrow<py::object>(root->object_);
  const Bytes bytes = payload.content();
  return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

stoq::Payload payload_of(py::handle object) {
  const py::object encode = py::module_::import("stoq._json").attr("encode");
  const auto json = [&](const char* name) {
    return canonical(py::object(encode(object.attr(name))).ptr());
  };
  const auto named = [](sdk::JsonView members) {
    NamedResults out;
    for (const auto& [key, value] : members.members())
      out.emplace_back(key, Json::from_canonical(std::string(value.text())));
    return out;
  };
  const auto string_of = [&](const char* name) {
    const py::object value = object.attr(name);
    return value.is_none() ? std::string() : std::string(view(value.ptr()));
  };
  const py::object content =
      py::module_::import("stoq.data_classes").attr("as_bytes")(object.attr("content"));
  PayloadMeta meta;
  if (!meta.update(json("payload_meta"))) refuse("payload_meta", kPayloadMetaShape);
  stoq::Payload payload(std::string_view(py::reinterpret_borrow<py::bytes>(content)),
                        std::move(meta), string_of("payload_id"));
  payload.extracted_from = string_of("extracted_from");
  payload.extracted_by = string_of("extracted_by");
  const std::string rounds = json("worker_results"), dispatch = json("dispatch_meta"),
                    deep_dispatch = json("deep_dispatch_meta");
  for (const sdk::JsonView round : sdk::JsonView(rounds).elements())
    payload.worker_results.push_back(named(round));
  payload.dispatch_meta = named(sdk::JsonView(dispatch));
  payload.deep_dispatch_meta = named(sdk::JsonView(deep_dispatch));
  return payload;
}

void add_payload_type(py::module_& module) {
  if (PyType_Ready(payload_type()) != 0) throw py::error_already_set();
  module.attr("PayloadBase") = py::handle(reinterpret_cast<PyObject*>(payload_type()));
}

Companion& Companion::of(stoq::Payload& payload) {
  if (!payload.companion) {
    auto* type = reinterpret_cast<PyTypeObject*>(classes().payload.ptr());
    PyObject* object = type->tp_new(type, classes().empty.ptr(), nullptr);
    if (!object) throw py::error_already_set();
    payload.companion =
        std::shared_ptr<Companion>(new Companion(py::reinterpret_steal<py::object>(object)));
  }
  return *static_cast<Companion*>(payload.companion.get());
}

void Companion::attach(stoq::Payload& payload, py::object object, const std::string& payload_meta) {
  py::dict state;
  state["payload_meta"] = text(payload_meta);
  PyObject*& place = self_of(object.ptr())->state;
  Py_XDECREF(place);
  place = state.release().ptr();
  payload.companion = std::shared_ptr<Companion>(new Companion(std::move(object)));
}

PyObject* Companion::request_meta(const Request& request) {
  const bool plain = is_plain(request.request_meta);
  std::string now = plain ? std::string() : request.request_meta.text();
  if (request_meta_ && plain == plain_request_ && now == request_text_)
    return request_meta_->get().ptr();
  request_meta_ = std::make_unique<Kept>(plain ? classes().request_meta()
                                               : classes().meta.attr("request")(text(now)));
  plain_request_ = plain;
  request_text_ = std::move(now);
  return request_meta_->get().ptr();
}

void Companion::take_changes(stoq::Payload& payload, Request& request) {
  // What cannot be taken is put right for those after it.
  std::exception_ptr problem;
  try {
    take_payload_changes(payload);
  } catch (...) {
    problem = std::current_exception();
    if (PyObject* state = self_of(payload_.get().ptr())->state)
      PyDict_SetItem(state, names().payload_meta, py::str().ptr());
  }
  try {
    take_request_changes(request);
  } catch (...) {
    problem = std::current_exception();
    request_meta_.reset();
  }
  if (problem) std::rethrow_exception(problem);
}

void Companion::take_payload_changes(stoq::Payload& payload) {
  PyObject* object = payload_.get().ptr();
  const py::dict members = dict_of(object);
  const auto has = [&](PyObject* name) { return PyDict_Contains(members.ptr(), name) == 1; };
  if (has(names().payload_meta) || has(names().dispatch_meta) || has(names().deep_dispatch_meta))
    for (const py::handle change : py::object(payload_.get().attr("_changes")())) {
      const std::string_view name = view(change[py::int_(0)].ptr());
      const std::string json = canonical(py::object(change[py::int_(1)]).ptr());
      if (name == "payload_meta") {
        if (!payload.payload_meta.update(json)) refuse(name, kPayloadMetaShape);
        continue;
      }
      NamedResults changed;
      for (const auto& [key, value] : sdk::JsonView(json).members())
        changed.emplace_back(key, Json::from_canonical(std::string(value.text())));
      (name == "dispatch_meta" ? payload.dispatch_meta : payload.deep_dispatch_meta) =
          std::move(changed);
    }
}

void Companion::take_request_changes(Request& request) {
  if (!request_meta_ || (plain_request_ && is_plain(request_meta_->get().ptr()))) return;
  const py::object encode = py::module_::import("stoq._json").attr("encode");
  const std::string json = canonical(py::object(encode(request_meta_->get())).ptr());
  if (json == request_text_) return;
  if (!request.request_meta.update(json)) refuse("request_meta", kRequestMetaShape);
  plain_request_ = is_plain(request.request_meta);
  request_text_ = plain_request_ ? std::string() : request.request_meta.text();
}

Shown::Shown(stoq::Payload& payload, const Companion& companion) : object_(companion.payload()) {
  PayloadObject* self = self_of(object_);
  self->shown = &payload;
  const py::dict members = dict_of(object_);
  if (PyDict_GET_SIZE(members.ptr()) == 0) return;
  // What others may have changed since is looked at anew.
  for (PyObject* name : {names().worker_results, names().plugins_run, names().dispatch_meta,
                         names().deep_dispatch_meta})
    if (PyDict_Contains(members.ptr(), name) == 1) PyDict_DelItem(members.ptr(), name);
  PyObject* meta = PyDict_GetItem(members.ptr(), names().payload_meta);
  if (!meta) return;
  const std::string now = payload.payload_meta.text();
  PyObject* before = self->state ? PyDict_GetItem(self->state, names().payload_meta) : nullptr;
  if (before && view(before) == now) return;
  if (!self->state) self->state = PyDict_New();
  const py::str fresh = text(now);
  if (self->state) PyDict_SetItem(self->state, names().payload_meta, fresh.ptr());
  const py::object read = classes().meta.attr("payload")(fresh);
  if (PyObject_HasAttrString(meta, "__dict__"))
    dict_of(meta).attr("update")(dict_of(read.ptr()));
  else
    PyDict_SetItem(members.ptr(), names().payload_meta, read.ptr());
}

Shown::~Shown() {
  PayloadObject* self = self_of(object_);
  if (Py_REFCNT(object_) > 1) try {  // somebody has kept it
      for (const py::handle name : py::object(py::handle(object_).attr("_fields")))
        py::reinterpret_steal<py::object>(PyObject_GetAttr(object_, name.ptr()));
    } catch (py::error_already_set&) {  // what is not there then is missing
    }
  PyErr_Clear();
  self->shown = nullptr;
  if (self->views == 0) drop_content(self);
}

}  // namespace stoq::python
