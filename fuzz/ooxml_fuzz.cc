// SPDX-License-Identifier: Apache-2.0
#include "fuzz/office_sink.h"
#include "plugins/ooxml/document.h"

STOQ_FUZZ(ooxml) {
  stoq::fuzz::OfficeSink sink;
  stoq::fuzz::must_be_a_result(stoq::plugins::ooxml::inspect(data, sink));
  sink.close();
}
