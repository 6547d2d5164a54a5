// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <stdexcept>
#include <string>

#include "support/program.h"
#include "support/temporary_directory.h"

namespace stoq::test {

// A certificate for `name`, such as IP:127.0.0.1, that nobody has signed but itself.
class Certificate {
 public:
  static bool possible() { return access(kOpenssl, X_OK) == 0; }

  explicit Certificate(const std::string& name) {
    const auto made = run_program({kOpenssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                   "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                                   "/CN=test", "-addext", "subjectAltName=" + name, "-keyout",
                                   directory_ / "key.pem", "-out", trusted()});
    if (made.exit_code != 0) throw std::runtime_error("openssl: " + made.err);
    directory_.file("server.pem", read_all(directory_ / "key.pem") + read_all(trusted()));
  }

  std::string pem() const { return directory_ / "server.pem"; }  // with the key
  std::string trusted() const { return directory_ / "cert.pem"; }

 private:
  static constexpr const char* kOpenssl = "/usr/bin/openssl";
  TemporaryDirectory directory_;
};

}  // namespace stoq::test
