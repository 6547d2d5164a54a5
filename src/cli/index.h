// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stoq/response.h"

namespace stoq::cli {

struct ErrorText {
  std::string_view plugin, text;  // without the payload that it ends with
};

// What a response says about one payload outside of its results, and who was extracted from it.
struct PayloadNotes {
  std::vector<uint32_t> children;
  std::vector<ErrorText> errors;
  std::vector<const LimitRecord*> limits;
};

// A response by payload. Views into it.
class ResponseIndex {
 public:
  explicit ResponseIndex(const StoqResponse& response);

  const PayloadResults& results(uint32_t place) const { return response_.results[place]; }
  const PayloadNotes& notes(uint32_t place) const { return notes_[place]; }
  const PayloadNotes& request() const {
    return request_;
  }  // what belongs to no payload; the children are the roots
  bool has(std::string_view payload_id) const { return places_.contains(payload_id); }

  // The file name, else the first of its id.
  std::string name(const PayloadResults& results) const;
  std::string name(std::string_view payload_id) const;

 private:
  PayloadNotes& notes_of(std::string_view payload_id);

  const StoqResponse& response_;
  std::unordered_map<std::string_view, uint32_t> places_;
  std::vector<PayloadNotes> notes_;
  PayloadNotes request_;
};

std::string short_id(std::string_view payload_id);

}  // namespace stoq::cli
