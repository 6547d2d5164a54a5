// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "office/compound.h"

namespace stoq::plugins::msg {

/// What a storage says of a message, a recipient or an attachment: MAPI properties, by their number.
/// One thread; it reads out of the file, which outlives it.
class Properties {
 public:
  /// `head`: bytes in front of the fixed properties: 32 in a message, 24 in an embedded one, else 8.
  Properties(office::CompoundFile& file, std::size_t storage, std::size_t head);

  std::optional<std::string> text(std::uint16_t property) const;  // UTF-8
  std::optional<office::CompoundFile::Content> binary(std::uint16_t property) const;
  std::optional<std::uint32_t> number(std::uint16_t property) const;
  std::optional<std::string> time(std::uint16_t property) const;  // "2020-01-02T03:04:06Z"
  /// The storage of an object; kNone when there is none.
  std::size_t object(std::uint16_t property) const;
  std::size_t size_of(std::uint16_t property) const;

 private:
  std::optional<std::size_t> find(std::uint16_t property, std::uint16_t type) const;
  std::optional<std::uint64_t> fixed(std::uint16_t property, std::uint16_t type) const;

  office::CompoundFile& file_;
  std::map<std::uint32_t, std::size_t> streams_;  // number and type: entry
  std::map<std::uint32_t, std::uint64_t> fixed_;
};

}  // namespace stoq::plugins::msg
