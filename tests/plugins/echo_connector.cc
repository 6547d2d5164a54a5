// SPDX-License-Identifier: Apache-2.0
#include "echo_plugin.h"

STOQ_PLUGIN(stoq::test::echo::EchoConnector, "echo_connector", "1.2.3")
