// SPDX-License-Identifier: Apache-2.0
// Addresses, and the words of servers: what messages show of them holds no secret and no control
// character.
#include "fuzz/target.h"
#include "http/client.h"
#include "http/url.h"
#include "stoq/sdk/json.h"

using namespace stoq::http;
using stoq::fuzz::must;

namespace {

void fit_for_a_message(std::string_view text) {
  must(stoq::sdk::valid_utf8(text) && text.size() < 2000);
  for (const char c : text) must(static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
}

}  // namespace

STOQ_FUZZ(http) {
  static const Client client({.user = "who", .password = "hunter2", .secrets = {"hunter", "tok"}});
  const std::string_view text = stoq::fuzz::text_of(data);
  for (const uint16_t port : {uint16_t{0}, uint16_t{9200}}) {
    try {
      const Url url = parse_url("url", text, port);
      must(url.text.starts_with("http://") || url.text.starts_with("https://"));
      must(!url.text.ends_with('/') && url.text.find_first_of("\r\n") == std::string::npos);
      const Url again = parse_url("url", url.text, port);
      must(again.text == url.text && again.user.empty() && again.password.empty());
    } catch (const stoq::sdk::Error& e) {
      must(stoq::sdk::valid_utf8(e.what()));
    }
  }
  Reply reply{.status = 400, .body = std::string(text)};
  for (const std::string& said : {client.quote(text), client.describe(reply)}) {
    fit_for_a_message(said);
    for (const char* secret : {"hunter", "tok", "d2hvOmh1bnRlcjI="})
      must(said.find(secret) == said.npos);
  }
  reply.location = text;
  fit_for_a_message(client.describe(reply));
  must(shown(text).find('?') == std::string_view::npos);
}
