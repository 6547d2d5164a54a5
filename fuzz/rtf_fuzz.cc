// SPDX-License-Identifier: Apache-2.0
#include "fuzz/office_sink.h"
#include "plugins/rtf/objects.h"

STOQ_FUZZ(rtf) {
  stoq::fuzz::OfficeSink sink;
  stoq::fuzz::must_be_a_result(stoq::plugins::rtf::take_objects(data, sink));
  sink.close();
}
