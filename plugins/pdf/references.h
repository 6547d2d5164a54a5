// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoq::plugins::pdf {

enum class Kind : std::uint8_t {
  other,  // of no known use
  embedded_file,
  javascript,
  xfa,
  page_content,
  form_content,  // drawings that pages share
  image,
  font,
  metadata,
  colour,  // profiles, functions, patterns
  structure,
};
std::string_view name_of(Kind kind);

/// What an embedded file is called, as text in UTF-8.
struct FileName {
  std::string name, description;
};

/// A script that stands in an object as text.
struct Script {
  std::string text;  // UTF-8
  QPDFObjGen object;
};

/// Who refers to what, over all objects of a document. Of each list at most 100 000 are kept.
struct References {
  std::map<QPDFObjGen, Kind> kinds;  // of streams, by what refers to them
  std::map<QPDFObjGen, FileName> files;
  std::vector<Script> scripts;
  std::vector<QPDFObjectHandle> xfa;             // the streams of the form, in order
  std::map<std::string, std::uint64_t> actions;  // "Launch", "OpenAction", … and how many
  std::vector<std::string> uris, launches;       // distinct
};

/// Adds what `object` and the objects that stand in it refer to; follows no reference. Linear.
void look_at(QPDFObjectHandle object, References& found);

/// What the dictionary of a stream says of it, where nothing refers to it as something else.
Kind kind_of(QPDFObjectHandle dictionary);

}  // namespace stoq::plugins::pdf
