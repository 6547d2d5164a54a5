// SPDX-License-Identifier: Apache-2.0
// Indicators in hostile text, and the lists that say what is none: a whitelist, then the text.
#include <set>

#include "fuzz/target.h"
#include "plugins/iocextract/extract.h"
#include "plugins/iocextract/whitelist.h"
#include "stoq/sdk/views.h"

using namespace stoq::plugins::iocextract;
using stoq::fuzz::must;

STOQ_FUZZ(iocextract) {
  static const Tlds tlds("COM\nNET\nORG\nCO\nUK\nPY\nXN--P1AI\n", "few");
  static const Names names{tlds, {"py"}};
  constexpr size_t kMost = 20;
  const std::string_view all = stoq::fuzz::text_of(data), list = stoq::fuzz::parts_of(all)[0];
  const std::string_view text = list.size() < all.size() ? all.substr(list.size() + 6) : all;
  Whitelist whitelist;
  try {
    whitelist.add(list, "list");
    must(Tlds(list, "list").size() <= list.size());
  } catch (const stoq::sdk::Error& e) {
    must(std::string_view(e.what()).find("list") != std::string_view::npos);
  }
  Indicators found(whitelist, kMost);
  extract(text, names, found);
  for (size_t i = 0; i < kKindNames.size(); ++i) {
    const Kind kind = static_cast<Kind>(i);
    std::set<std::string_view> distinct;
    for (const std::string& indicator : found.of(kind)) {
      must(!indicator.empty() && distinct.insert(indicator).second);
      must(indicator.find_first_of(" \n\t\"<>") == indicator.npos);
      if (kind != Kind::url) must(!whitelist.covers(kind, indicator));
    }
    must(distinct.size() <= kMost);
  }
}
