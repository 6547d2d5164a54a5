// SPDX-License-Identifier: Apache-2.0
#include "echo_plugin.h"

STOQ_PLUGIN(stoq::test::echo::EchoProvider, "echo_provider", "1.2.3")
