// SPDX-License-Identifier: Apache-2.0
// Compiled AutoIt scripts: entries, their compression, and tokens of a script.
#include "fuzz/target.h"
#include "plugins/autoit/archive.h"
#include "plugins/autoit/expander.h"
#include "plugins/autoit/source.h"
#include "plugins/autoit/tests/writer.h"

using stoq::fuzz::must;
namespace autoit = stoq::plugins::autoit;

STOQ_FUZZ(autoit) {
  for (const auto& archive : autoit::read_archives(data)) {
    must(archive.at < data.size());
    for (const auto& entry : archive.entries)
      must(entry.stored.empty() ||
           (entry.stored.data() >= data.data() &&
            entry.stored.data() + entry.stored.size() <= data.data() + data.size()));
  }
  for (const auto version : {autoit::Version::ea05, autoit::Version::ea06}) {
    autoit::Expander expander(version, data);
    std::size_t size = 0;
    for (std::size_t piece; (piece = expander.next().size()) > 0 && size < 1 << 22;) size += piece;
    must(size <= expander.size());
  }
  must(autoit::source_of(data).text.size() <= 16 * data.size() + 64);
}

STOQ_FUZZ_SEEDS(autoit) {
  using namespace stoq::test;
  const std::string tokens = little(2, 4) + token(0x31, "MSGBOX") + "\x47\x36" + little(0, 4) +
                             "\x48\x7F" + std::string("\0\x04\0\0\0\x05\1\1\1\1\x7F", 11);
  const std::vector<ScriptEntry> entries = {{">>>AUTOIT SCRIPT<<<", "a", tokens},
                                            {"b", "b", "content, coooooooooooooooooooontent"},
                                            {"c", "c", "stored", false}};
  return {"MZ" + compiled_script(ScriptVersion::ea05, entries),
          compiled_script(ScriptVersion::ea06, entries) + script_head("EA04"), tokens,
          squeezed(ScriptVersion::ea06, "content, coooooooooooooooooooontent")};
}
