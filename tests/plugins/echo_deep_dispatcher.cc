// SPDX-License-Identifier: Apache-2.0
#include "echo_plugin.h"

STOQ_PLUGIN(stoq::test::echo::EchoDeepDispatcher, "echo_deep_dispatcher", "1.2.3")
