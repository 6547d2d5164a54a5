// SPDX-License-Identifier: Apache-2.0
//
// stoq-host: started by the engine with one end of a socket, as a template for native plugins. Or as
// the process that runs helper programs of plugins in the engine's process, or one that looks at a
// module and says what it declares.
#include "host/description.h"
#include "host/helper_server.h"
#include "host/template.h"

namespace {

class NativeLoader final : public stoq::ModuleLoader {
 public:
  std::shared_ptr<stoq::Instance> load(const stoq::PluginSpec& spec, stoq::LogFunction log,
                                       stoq::Surroundings surroundings) override {
    return stoq::load_native(spec, std::move(log), std::move(surroundings));
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (const int socket = stoq::control_of(argc, argv, "--helpers"); socket >= 0)
    stoq::serve_helpers(socket);
  if (const int socket = stoq::control_of(argc, argv, "--describe"); socket >= 0)
    stoq::serve_description(socket);
  const int control = stoq::control_of(argc, argv, "--template");
  if (control < 0) return stoq::started_by_hand("stoq-host");
  NativeLoader loader;
  stoq::serve_template(control, "stoq-host", loader);
}
