// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "office/bytes.h"

namespace stoq::plugins::office {

/// A file in an OLE package, as the Object Packager writes it. Texts are UTF-8.
struct Package {
  std::string file_name;    // the name alone
  std::string source_path;  // where it lay when it was packed
  std::string temp_path;    // where it is put when it is opened
  Bytes content;
  bool whole = true;  // false: shorter than declared
};

/// Reads what lies behind the size of an Ole10Native stream, or in an OLE1 object of class Package.
std::optional<Package> read_package(Bytes data);

inline constexpr std::string_view kNativeName = "\1Ole10Native";

/// The stream of that name: a size, which nobody need keep to, then data of any kind. A package in
/// it has a size of its own.
struct Native {
  Bytes content;      // all that is there
  bool whole = true;  // false: shorter than declared
};
Native read_native(Bytes stream);

/// An object of OLE 1, as it stands in RTF.
struct Ole1Object {
  std::uint32_t format = 0;  // 1: linked, 2: embedded
  std::string class_name, topic, item;
  Bytes content;  // of an embedded one
  bool whole = true;
};
/// Nothing where the header makes no sense.
std::optional<Ole1Object> read_ole1(Bytes data);

}  // namespace stoq::plugins::office
