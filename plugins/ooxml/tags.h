// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stoq::plugins::ooxml {

/// The tags of an XML document one after another, as far as documents of Office need it: no entities
/// but the five and numbers, nothing is loaded, nothing expanded. Linear; damage ends it.
class Tags {
 public:
  explicit Tags(std::string_view xml) : xml_(xml) {}

  /// The next start tag; false at the end.
  bool next();
  /// Without its prefix: "Relationship".
  std::string_view name() const { return name_; }
  /// By the name without prefix; entities resolved. "" when it is not there.
  std::string attribute(std::string_view name) const;
  /// From behind the tag to the next one of any kind.
  std::string_view text() const;

 private:
  std::string_view xml_, name_, inside_;
  std::size_t at_ = 0;
};

}  // namespace stoq::plugins::ooxml
