// SPDX-License-Identifier: Apache-2.0
//
// The worker around decrypt_package(): options, and passwords that come with the payload.
#include <algorithm>

#include "package.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::officecrypt {
namespace {

class OfficeCrypt {
 public:
  static constexpr sdk::Option options[] = {
      {"passwords", sdk::Kind::list, "VelvetSweatshop,infected,password", "tried in this order"},
      {"archive_extracted", sdk::Kind::boolean, "yes",
       "whether destination archivers keep what was decrypted"},
  };

  explicit OfficeCrypt(const sdk::Host& host)
      : passwords_(host.list("passwords")), archive_(host.boolean("archive_extracted")) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const Options how{passwords_of(payload), payload.extra_data()["filename"].string_or(""),
                      archive_};
    office::scan_with(
        call, [&](office::Sink& sink) { return decrypt_package(payload.content(), how, sink); });
  }

 private:
  // Those that came with the payload, then with the request, then the configured ones.
  std::vector<std::string> passwords_of(const sdk::Payload& payload) const {
    std::vector<std::string> all = payload.extra_data()["passwords"].strings();
    for (std::string& password : payload.request_meta()["extra_data"]["passwords"].strings())
      all.push_back(std::move(password));
    for (const std::string& password : passwords_)
      if (std::ranges::find(all, password) == all.end()) all.push_back(password);
    return all;
  }

  std::vector<std::string> passwords_;
  bool archive_;
};

}  // namespace

STOQ_PLUGIN(OfficeCrypt, "officecrypt", "4.0.0")

}  // namespace stoq::plugins::officecrypt
