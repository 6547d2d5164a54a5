// SPDX-License-Identifier: Apache-2.0
#include "host/helper_message.h"

namespace stoq::wire {

std::string encode(const HelperStart& start) {
  Writer w;
  w.text(start.path).text(start.directory).list(start.arguments).list(start.environment);
  return std::move(w.str());
}

HelperStart decode_helper_start(std::string_view body) {
  Reader r(body);
  HelperStart start;
  start.path = r.text(), start.directory = r.text();
  start.arguments = r.list(), start.environment = r.list();
  return start;
}

}  // namespace stoq::wire
