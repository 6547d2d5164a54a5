// SPDX-License-Identifier: Apache-2.0
// Foreign text on a terminal: nothing that it obeys, no wider than there is room, and what is shown
// is shown the same again.
#include "cli/visible.h"
#include "fuzz/target.h"
#include "stoq/sdk/json.h"

using namespace stoq;
using fuzz::must;

STOQ_FUZZ(visible) {
  const std::string_view text = fuzz::text_of(data);
  for (const size_t most : {size_t{1}, size_t{7}, size_t{40}, SIZE_MAX}) {
    for (const std::string& shown : {cli::visible(text, most), cli::visible_ends(text, most)}) {
      must(sdk::valid_utf8(shown) && cli::columns_of(shown) <= most);
      for (const char c : shown) must(static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
      for (const char* hidden : {"\xC2\x9B", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xEF\xBB\xBF"})
        must(shown.find(hidden) == shown.npos);
      must(cli::visible(shown, SIZE_MAX) == shown);
    }
  }
}
