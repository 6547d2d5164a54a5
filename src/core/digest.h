// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "stoq/payload.h"

struct evp_md_ctx_st;

namespace stoq {

// SHA-256 over a stream. Reusable after finish; one thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(Bytes chunk);
  Sha256 finish();  // and begins anew

 private:
  evp_md_ctx_st* ctx_;
};

Sha256 sha256_of(Bytes content);

}  // namespace stoq
