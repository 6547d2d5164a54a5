// SPDX-License-Identifier: Apache-2.0
// The type that libmagic tells is one, and the same each time.
#include "fuzz/target.h"
#include "plugins/mimetype/magic_database.h"
#include "stoq/sdk/views.h"

using namespace stoq::plugins::mimetype;
using stoq::fuzz::must;

STOQ_FUZZ(mimetype) {
  static const Database database(Database::default_path());
  static Cookie cookie(database);
  try {
    const std::string type(cookie.type_of(data));
    must(type.find('/') != type.npos);
    for (const char c : type) must(c > ' ' && c < 0x7F);
    must(cookie.type_of(data) == type);
  } catch (const stoq::sdk::Error& e) {
    must(*e.what() != '\0');
  }
}
