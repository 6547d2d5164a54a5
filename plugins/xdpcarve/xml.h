// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace stoq::plugins::xdpcarve {

/// Of an element that was closed: its name without prefix, its own text (not that of elements in
/// it), where it begins. False: no more is wanted.
using OnElement = std::function<bool(std::string_view name, std::string&& text, std::size_t at)>;

/// Walks XML in UTF-8 or a superset of ASCII, or in UTF-16 with a mark, and calls `found` for the
/// elements whose name `wanted` takes. No entity but the five of XML and numbers is expanded.
/// Returns "" or what is wrong, and where; elements closed before that were told. Linear, not
/// recursive, at most 10,000 levels.
std::string walk(std::string_view xml, const std::function<bool(std::string_view name)>& wanted,
                 const OnElement& found);

}  // namespace stoq::plugins::xdpcarve
