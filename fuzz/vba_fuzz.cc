// SPDX-License-Identifier: Apache-2.0
#include "fuzz/office_sink.h"
#include "plugins/vba/macros.h"

STOQ_FUZZ(vba) {
  stoq::fuzz::OfficeSink sink;
  stoq::fuzz::must_be_a_result(stoq::plugins::vba::take_macros(data, sink));
  sink.close();
}
