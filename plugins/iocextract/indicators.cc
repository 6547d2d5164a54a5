// SPDX-License-Identifier: Apache-2.0
#include "indicators.h"

#include "whitelist.h"

namespace stoq::plugins::iocextract {

void Indicators::add(Kind kind, std::string_view text) {
  Group& target = group(kind);
  if (!target.texts.contains(text) && !whitelist_.covers(kind, text)) keep(target, text);
}

void Indicators::add_url(std::string_view text, Kind host_kind, std::string_view host) {
  Group& target = group(Kind::url);
  if (!target.texts.contains(text) && !whitelist_.covers(host_kind, host) &&
      !whitelist_.covers(Kind::url, text))
    keep(target, text);
}

void Indicators::keep(Group& target, std::string_view text) {
  if (target.texts.items().size() >= most_ || text.size() > kMaxBytes - bytes_) {
    ++target.left_out;
    return;
  }
  bytes_ += text.size();
  target.texts.insert(text);
}

}  // namespace stoq::plugins::iocextract
