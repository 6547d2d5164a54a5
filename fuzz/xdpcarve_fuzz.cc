// SPDX-License-Identifier: Apache-2.0
// XML: what is told of it lies in it.
#include "fuzz/target.h"
#include "plugins/carving/base64.h"
#include "plugins/xdpcarve/xml.h"

using namespace stoq::plugins;
using stoq::fuzz::must;

STOQ_FUZZ(xdpcarve) {
  const auto text = stoq::fuzz::text_of(data);
  size_t all = 0;
  xdpcarve::walk(
      text, [](std::string_view name) { return name.size() != 1; },
      [&](std::string_view, std::string&& content, size_t at) {
        must(at < text.size() * 2 + 1);
        carving::strict_base64(content);
        return ++all < 1000;
      });
}

STOQ_FUZZ_SEEDS(xdpcarve) {
  return {
      "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b \"c\">]><a:a><chunk b='c'>YWJj\n</chunk><!-- x "
      "-->"
      "<chunk><![CDATA[x]]>&lt;&#65;&#x10FFFF;</chunk><chunk/></a:a>\n",
      std::string("\xFF\xFE<\0a\0>\0b\0<\0/\0a\0>\0", 16)};
}
