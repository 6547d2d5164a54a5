// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "extract.h"
#include "grammar.h"

namespace stoq::plugins::iocextract {

// Walks over one text in bytes. At the start of each word and at each colon, @ and bracket it looks
// for what may stand there; for each kind it remembers how far it has looked, so that no stretch is
// looked at more than a few times.
class Extractor {
 public:
  Extractor(std::string_view text, const Names& names, Indicators& found);
  Cut run();

 private:
  void word(const char* p, const char* end, bool hex, bool digits);
  void anchor(const char* p);

  void hash(const char* p, const char* end);
  void pairs(const char* p);
  void ipv6(const char* p);
  void ipv4(const char* p);
  void domain(const char* p);
  void email(const char* at, std::size_t at_size);
  void url(const char* colon);

  bool may_be_file(const char* p, const char* end) const;
  bool append_name(const char* p, const char* end, std::string& out) const;
  std::string_view append_host(const char*& p, Kind& kind, std::string& out) const;
  const char* append_tail(const char* p, std::string& out);

  Grammar grammar_;
  const Names& names_;
  Indicators& found_;
  Cut cut_;
  std::string text_;  // of the indicator in hand
  const char* domain_until_;
  const char* ipv4_until_;
  const char* ipv6_until_;
  const char* pairs_until_;
  const char* email_until_;
  const char* url_until_;
};

}  // namespace stoq::plugins::iocextract
