// SPDX-License-Identifier: Apache-2.0
// Pages: all that is told of them lies in them.
#include "fuzz/target.h"
#include "plugins/html/page.h"

using namespace stoq::plugins::html;
using stoq::fuzz::must;

STOQ_FUZZ(html) {
  const auto text = stoq::fuzz::text_of(data);
  const Page page = read_page(text, 8);
  for (const Script& script : page.scripts)
    must(script.size > 0 && script.size <= text.size() && script.at <= text.size() - script.size);
  for (const DataUri& uri : page.data_uris) {
    must(uri.size <= text.size() && uri.at <= text.size() - uri.size && uri.body > uri.at &&
         uri.body < uri.at + uri.size);
    must(decode(text, uri).size() <= uri.size);
  }
}

STOQ_FUZZ_SEEDS(html) {
  return {
      "<!DOCTYPE html><title>t</title><script type='a'>var a = '<b>';</script><body "
      "onload=\"start(1)\">"
      "<a href='data:application/zip;base64,UEsDBA==' download=\"a.zip\"><img "
      "src=data:text/plain,a%20b>"
      "<meta content='0;url=http://a'><iframe src=//b><a href=\"javascript:something()\"></a ",
      "<p style='a:url(data:;base64,YQ=='>data:image/x;charset=utf-8;base64,YWJj YWJj"};
}
