// SPDX-License-Identifier: Apache-2.0
//
// A Stoq with the echo plugins, through one of the adapters.
#pragma once

#include "plugins/echo_objects.h"
#include "support/objects.h"
#include "support/same_response.h"

namespace stoq::test {

enum class Adapter { native, host, object };
inline const char* name_of(Adapter adapter) {
  return adapter == Adapter::native ? "native" : adapter == Adapter::host ? "host" : "object";
}

class EchoStoq {
 public:
  explicit EchoStoq(Adapter adapter, std::map<std::string, std::string> core = {}) {
    StoqOptions o = quiet(std::move(core));
    if (adapter == Adapter::object) {
      stoq_ = std::make_unique<Stoq>(std::move(o));
      stoq_->add_plugin("echo_worker", std::make_shared<echo::WorkerObject>());
      stoq_->add_plugin("echo_second", std::make_shared<echo::SecondObject>(), {.extracts = false});
      stoq_->add_plugin("echo_dispatcher", std::make_shared<echo::DispatcherObject>());
      return;
    }
    o.plugin_dir_list = {STOQ_TEST_PLUGINS};
    for (const char* name : {"echo_worker", "echo_second", "echo_dispatcher"})
      o.plugin_opts[name]["isolation"] = adapter == Adapter::native ? "none" : "process";
    o.dispatchers = {"echo_dispatcher"};
    stoq_ = std::make_unique<Stoq>(std::move(o));
  }
  Stoq* operator->() { return stoq_.get(); }

 private:
  std::unique_ptr<Stoq> stoq_;
};

}  // namespace stoq::test
