// SPDX-License-Identifier: Apache-2.0
//
// Prints each response.
#include <unistd.h>

#include "printer/printer.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::print {
namespace {

class Stdout {
 public:
  void save(sdk::Call& call) { printer_.json(call.response()); }

 private:
  Printer printer_{STDOUT_FILENO};
};

}  // namespace

STOQ_PLUGIN(Stdout, "stdout", "4.0.0")

}  // namespace stoq::plugins::print
