// SPDX-License-Identifier: Apache-2.0
#include "fuzz/office_sink.h"
#include "plugins/onenote/section.h"

STOQ_FUZZ(onenote) {
  stoq::fuzz::OfficeSink sink;
  stoq::fuzz::must_be_a_result(stoq::plugins::onenote::take_attached(data, sink));
  sink.close();
}
