// SPDX-License-Identifier: Apache-2.0
#include "echo_plugin.h"

STOQ_PLUGIN(stoq::test::echo::EchoBoth, "echo_both", "1.2.3")
