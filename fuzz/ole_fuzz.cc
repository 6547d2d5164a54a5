// SPDX-License-Identifier: Apache-2.0
#include "fuzz/office_sink.h"
#include "plugins/ole/streams.h"

STOQ_FUZZ(ole) {
  stoq::fuzz::OfficeSink sink;
  stoq::fuzz::must_be_a_result(stoq::plugins::ole::take_apart(data, sink));
  sink.close();
}
