// SPDX-License-Identifier: Apache-2.0
//
// The MIME type of a payload, as libmagic sees it.
#include "magic_database.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::mimetype {
namespace {

class Mimetype {
 public:
  Mimetype() : database_(Database::default_path()) {}

  struct Thread {
    explicit Thread(const Mimetype& shared) : cookie(shared.database_) {}
    Cookie cookie;
    sdk::JsonWriter json;
  };

  void scan(const sdk::Payload& payload, sdk::Call& call, Thread& thread) const {
    thread.json.clear();
    thread.json.begin_object()
        .member("mimetype", thread.cookie.type_of(payload.content()))
        .end_object();
    call.result(thread.json);
  }

 private:
  Database database_;
};

}  // namespace

STOQ_PLUGIN(Mimetype, "mimetype", "4.0.0")

}  // namespace stoq::plugins::mimetype
