// SPDX-License-Identifier: Apache-2.0
// TNEF, and the compressed RTF in it.
#include "fuzz/target.h"
#include "plugins/tnef/compressed_rtf.h"
#include "plugins/tnef/reader.h"
#include "plugins/tnef/tests/samples.h"

using namespace stoq::plugins::tnef;
using stoq::fuzz::must;

STOQ_FUZZ(tnef) {
  static const stoq::plugins::charset::Charsets charsets;
  const std::string_view text = stoq::fuzz::text_of(data);
  const Message message = read_tnef(text, charsets);
  must(message.rtf.size() <= text.size() && message.html.size() <= text.size());
  for (const Attachment& attachment : message.attachments)
    for (const std::string_view content : attachment.contents)
      must(!content.empty() && content.size() <= text.size());
  for (const std::string_view rtf : {message.rtf, text})
    if (const auto plain = from_compressed_rtf(rtf)) must(plain->text.size() <= 9 * rtf.size());
}

STOQ_FUZZ_SEEDS(tnef) {
  const std::string rtf(
      "\x2D\0\0\0\x2B\0\0\0\x4C\x5A\x46\x75\xF1\xC5\xC7\xA7\x03\0\x0A\0\x72\x63\x70\x67\x31\x32"
      "\x35\x42\x32\x0A\xF3\x20\x68\x65\x6C\x09\0\x20\x62\x77\x05\xB0\x6C\x64\x7D\x0A\x80\x0F\xA0",
      49);
  return {tnef_samples::two_files(), tnef_samples::nested(tnef_samples::two_files()), rtf};
}
