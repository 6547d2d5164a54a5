// SPDX-License-Identifier: Apache-2.0
// Encoded scripts and base64 in text: what is told lies in it, in order.
#include "fuzz/target.h"
#include "plugins/carving/kind.h"
#include "plugins/carving/tests/samples.h"
#include "plugins/script-decode/base64_text.h"
#include "plugins/script-decode/encoded_script.h"
#include "plugins/script-decode/escaped_text.h"

using namespace stoq::plugins;
using stoq::fuzz::must;

STOQ_FUZZ(script_decode) {
  const auto text = stoq::fuzz::text_of(data);
  carving::from_wide(data);
  for (size_t at = 0;;) {
    const auto script = script_decode::next_encoded_script(text, at);
    if (!script) break;
    must(script->at >= at && script->size >= 12 && script->at + script->size <= text.size());
    must(script->script.size() <= script->size);
    at = script->at + script->size;
  }
  for (size_t at = 0;;) {
    const auto escaped = script_decode::next_escaped(text, at);
    if (!escaped) break;
    must(escaped->at >= at && escaped->end > escaped->at && escaped->end <= text.size());
    must(escaped->content.size() <= 2 * (escaped->end - escaped->at));
    at = escaped->end;
  }
  size_t last = 0;
  script_decode::each_base64(text, 40, [&](script_decode::Decoded&& decoded) {
    must(decoded.at >= last && decoded.at < text.size() && !decoded.kind.empty());
    last = decoded.at;
    return true;
  });
}

STOQ_FUZZ_SEEDS(script_decode) {
  using stoq::test::base64_of;
  const std::string program = base64_of(stoq::test::pe_file("program"));
  return {"x #@~^DgAAAA==\\ko$K6,JC\x7FV^GJqAQAAA==^#~@ y",
          "powershell -enc " + base64_of(stoq::test::wide("Get-Process | more")),
          "a = '" + program.substr(0, 700) + "' + \"\" +\n'" + program.substr(700) + "' & _\n'x'",
          "unescape('%41%42%43%44%45%46%47%u20ac') "
          "unescape(\"%u9090%u9090%u9090%u9090%u9090%u9090%u9090%u9090\")"
          "String.fromCharCode( 97,0x62 , 99, 100,101,102,103,8364)",
          "DeflateStream('" +
              base64_of(std::string("\1\x1E\0\xE1\xFFWrite-Host 'twenty-nine more'", 35)) + "')"};
}
