// SPDX-License-Identifier: Apache-2.0
#include "fuzz/office_sink.h"
#include "plugins/officecrypt/package.h"

STOQ_FUZZ(officecrypt) {
  stoq::fuzz::OfficeSink sink(20);  // rounds by thousands
  stoq::fuzz::must_be_a_result(
      stoq::plugins::officecrypt::decrypt_package(data, {{"infected"}, "", true}, sink));
  sink.close();
}
