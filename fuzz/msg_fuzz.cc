// SPDX-License-Identifier: Apache-2.0
#include "fuzz/office_sink.h"
#include "plugins/msg/message.h"

STOQ_FUZZ(msg) {
  stoq::fuzz::OfficeSink sink;
  stoq::fuzz::must_be_a_result(stoq::plugins::msg::take_apart(data, sink));
  sink.close();
}
