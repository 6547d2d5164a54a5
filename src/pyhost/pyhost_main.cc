// SPDX-License-Identifier: Apache-2.0
//
// stoq-pyhost: stoq-host for plugins written in Python.
#include <optional>

#include "core/places.h"
#include "host/template.h"
#include "pyhost/hosted_plugin.h"
#include "pyhost/interpreter.h"
#include "stoq/exceptions.h"

namespace stoq {
namespace {

class PythonLoader final : public ModuleLoader {
 public:
  // Started once, in the template that all others are copied from.
  PythonLoader() {
    try {
      python_.emplace(python_packages());
    } catch (const std::exception& e) {
      problem_ = e.what();
    }
  }

  std::shared_ptr<Instance> load(const PluginSpec& spec, LogFunction log, Surroundings) override {
    if (!python_) throw StoqPluginException(problem_);
    python_->log_to(std::move(log), spec.log_level);
    python_->add_packages_of(spec.folder);
    auto plugin = std::make_shared<HostedPlugin>(spec);
    flush_prints();
    python_->freeze();
    return plugin;
  }

  void before_fork() override {
    if (python_) python_->before_fork();
  }
  void after_fork(bool child) override {
    if (python_) python_->after_fork(child);
  }
  void environment_changed() override {
    if (python_) python_->take_environment();
  }

  void become_host(Loaded& plugins) override {
    python_->take_environment();
    for (const std::shared_ptr<Instance>& plugin : plugins)
      static_cast<HostedPlugin&>(*plugin).begin_again();
    python_->share();
  }

 private:
  std::optional<Interpreter> python_;
  std::string problem_;
};

}  // namespace
}  // namespace stoq

int main(int argc, char** argv) {
  const int control = stoq::control_of(argc, argv, "--template");
  if (control < 0) return stoq::started_by_hand("stoq-pyhost");
  stoq::PythonLoader loader;
  stoq::serve_template(control, "stoq-pyhost", loader);
}
