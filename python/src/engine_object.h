// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "gil.h"
#include "log_queue.h"
#include "stoq/stoq.h"

namespace stoq::python {

// stoq._native.Engine: a Stoq for Python. Every call lets go of the interpreter while the engine is
// at work, gives what it logged to Python's logging, and refuses after a fork.
class EngineObject {
 public:
  // `make_plugin(name)` gives the Adapter of a live object, or None.
  EngineObject(const py::dict& options, py::object make_plugin);
  ~EngineObject();

  py::object scan(py::handle content, py::handle payload_meta, py::handle request_meta,
                  py::handle start_dispatch, py::handle start_deep_dispatch,
                  const std::string& ratelimit);
  py::object scan_payload(py::handle payload, py::handle payload_meta, py::handle request_meta,
                          py::handle start_dispatch, py::handle start_deep_dispatch);
  py::dict run(py::handle request_meta, py::handle start_dispatch, py::handle start_deep_dispatch);
  void stop();
  void reload();
  void change(py::handle max_recursion, py::handle max_dispatch_passes, py::handle always_dispatch);
  // Makes it known to the engine, so that requests which begin from now on reckon with it.
  void load(const std::string& name);
  void add(const std::string& name, py::object adapter);
  py::dict describe(const std::string& name);
  void drain() { log_->drain(); }
  // Ends what is at work and lets go of the engine.
  void close();

  // Calls by hand of a plugin that is not a live object, with what the Adapter's methods take and
  // give.
  py::object call(const std::string& plugin, const std::string& method, py::handle subject,
                  py::handle request_meta);

 private:
  friend void end_all_engines();
  class Use;
  // Runs it without the interpreter; what it logs is given on before this returns.
  template <class Function>
  auto at_work(const Function& function);
  void check() const;
  ScanOptions scan_options(py::handle request_meta, py::handle start_dispatch,
                           py::handle start_deep_dispatch) const;

  std::shared_ptr<LogQueue> log_;
  std::shared_ptr<Kept> make_plugin_;
  std::shared_ptr<Stoq> stoq_;
  unsigned forks_;
};

void add_engine_type(py::module_& module);

}  // namespace stoq::python
