// SPDX-License-Identifier: Apache-2.0
//
// Where the filters, tests and methods stand.
#pragma once

#include <span>

#include "callables.h"

namespace stoq::plugins::jinja {

std::span<const Filter> text_filters();
std::span<const Filter> markup_filters();  // between text and HTML, JSON or URLs
std::span<const Filter> number_filters();
std::span<const Filter> sequence_filters();
std::span<const Filter> order_filters();  // those that sort, group, choose and apply others
std::span<const Test> all_tests();
std::span<const Method> all_methods();

}  // namespace stoq::plugins::jinja
