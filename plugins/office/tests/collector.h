// SPDX-License-Identifier: Apache-2.0
//
// A sink that keeps what it is given.
#pragma once

#include <string>
#include <vector>

#include "office/sink.h"

namespace office_samples {

using Strings = std::vector<std::string>;

class Collector final : public stoq::plugins::office::Sink {
 public:
  explicit Collector(std::size_t most = ~std::size_t{0}) : most_(most) {}
  bool give(stoq::plugins::office::Bytes content, const std::string& meta) override {
    contents.emplace_back(content.begin(), content.end());
    metas.push_back(meta);
    return contents.size() < most_;
  }
  bool cancelled() override { return false; }

  Strings contents, metas, errors;

 protected:
  void tell(const std::string& text) override { errors.push_back(text); }

 private:
  std::size_t most_;
};

inline stoq::plugins::office::Bytes in_bytes(const std::string& text) {
  return stoq::plugins::office::bytes_of(text);
}

}  // namespace office_samples
