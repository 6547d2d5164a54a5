// SPDX-License-Identifier: Apache-2.0
// Internet shortcuts, web queries, Java launchers.
#include "fuzz/target.h"
#include "plugins/url-files/addresses.h"

using stoq::fuzz::must;

STOQ_FUZZ(url_files) {
  const auto file = stoq::plugins::url_files::read_url_file(stoq::fuzz::text_of(data));
  must(file.format.empty() ? file.fields.empty() : file.fields.size() <= 1000);
  for (const auto& [name, value] : file.fields)
    must(!value.empty() && name.size() + value.size() <= 2 * data.size());
}

STOQ_FUZZ_SEEDS(url_files) {
  return {
      "[InternetShortcut]\r\nURL=http://a\r\nIconFile = b\r\n[Other]\r\nURL=c\r\n",
      "WEB\r\n1\r\nhttp://a\r\nx=1\r\nSelection=2\r\n",
      "<?xml?><jnlp codebase = \"http://a\" href='b'><jar href=\"c\"/><a main-class='M' x></jnlp>"};
}
