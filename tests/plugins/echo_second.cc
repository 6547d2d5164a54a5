// SPDX-License-Identifier: Apache-2.0
#include "echo_plugin.h"

STOQ_PLUGIN(stoq::test::echo::EchoSecond, "echo_second", "1.2.3")
