// SPDX-License-Identifier: Apache-2.0
#include "references.h"

#include <algorithm>
#include <array>

namespace stoq::plugins::pdf {
namespace {

constexpr unsigned kMaxDepth = 100;
constexpr std::size_t kMostKept = 100'000, kMaxText = 64 << 10;

bool is_name(QPDFObjectHandle value, std::string_view name) {
  return value.isName() && value.getName() == name;
}

void add_text(std::vector<std::string>& all, std::string text) {
  if (text.size() > kMaxText) text.resize(kMaxText);
  constexpr std::size_t kCompared = 1000;  // beyond that, repeats stay
  const auto from = all.size() > kCompared ? all.end() - kCompared : all.begin();
  if (all.size() < kMostKept && !text.empty() && std::find(from, all.end(), text) == all.end())
    all.push_back(std::move(text));
}

std::string text_of(QPDFObjectHandle value) {
  return value.isString() ? value.getUTF8Value() : std::string();
}

/// The name in a file specification, which is text or a dictionary.
std::string file_of(QPDFObjectHandle specification) {
  if (specification.isString()) return text_of(specification);
  if (!specification.isDictionary()) return {};
  for (const char* key : {"/UF", "/F", "/Unix", "/DOS", "/Mac"})
    if (std::string name = text_of(specification.getKey(key)); !name.empty()) return name;
  return {};
}

class Looking {
 public:
  explicit Looking(References& found) : found_(found) {}

  void at(QPDFObjectHandle object, QPDFObjGen owner, unsigned depth) {
    if (depth > kMaxDepth) return;
    if (object.isStream()) object = object.getDict();
    if (object.isArray()) {
      const int size = object.getArrayNItems();
      for (int i = 0; i < size; ++i) {
        QPDFObjectHandle item = object.getArrayItem(i);
        if (!item.isIndirect()) at(item, owner, depth + 1);
      }
    } else if (object.isDictionary()) {
      dictionary(object, owner);
      for (const auto& [key, value] : object.getDictAsMap())
        if (!value.isIndirect()) at(value, owner, depth + 1);
    }
  }

 private:
  void dictionary(QPDFObjectHandle dict, QPDFObjGen owner) {
    if (dict.hasKey("/S")) action(dict);
    for (const char* key : {"/OpenAction", "/AA", "/RichMediaContent", "/Rendition"})
      if (dict.hasKey(key)) ++found_.actions[key + 1];
    if (dict.hasKey("/EF")) files(dict);
    if (dict.hasKey("/JS")) script(dict.getKey("/JS"), owner);
    if (dict.hasKey("/XFA")) xfa(dict.getKey("/XFA"));
    if (dict.hasKey("/URI")) add_text(found_.uris, text_of(dict.getKey("/URI")));
    if (dict.hasKey("/Contents") && is_name(dict.getKey("/Type"), "/Page"))
      mark(dict.getKey("/Contents"), Kind::page_content);
    for (const char* key :
         {"/FontFile", "/FontFile2", "/FontFile3", "/ToUnicode", "/CIDToGIDMap", "/CharProcs"})
      if (dict.hasKey(key)) mark(dict.getKey(key), Kind::font);
    for (const char* key : {"/DestOutputProfile", "/TR", "/TR2", "/BG", "/BG2", "/UCR", "/UCR2"})
      if (dict.hasKey(key)) mark(dict.getKey(key), Kind::colour);
  }

  void action(QPDFObjectHandle dict) {
    QPDFObjectHandle kind = dict.getKey("/S");
    if (!kind.isName()) return;
    static constexpr std::array<std::string_view, 12> kKinds = {
        "/JavaScript", "/Launch", "/URI",   "/SubmitForm", "/ImportData",       "/GoToR",
        "/GoToE",      "/Sound",  "/Movie", "/Rendition",  "/RichMediaExecute", "/Trans"};
    const std::string name = kind.getName();
    if (std::find(kKinds.begin(), kKinds.end(), name) == kKinds.end()) return;
    ++found_.actions[name.substr(1)];
    const std::string file = file_of(dict.getKey("/F"));
    if (name == "/Launch") {
      add_text(found_.launches, file);
      QPDFObjectHandle windows = dict.getKey("/Win");
      if (!windows.isDictionary()) return;
      std::string command = text_of(windows.getKey("/F"));
      const std::string arguments = text_of(windows.getKey("/P"));
      if (!arguments.empty()) command += " " + arguments;
      add_text(found_.launches, command);
    } else if (file.find("://") != file.npos) {
      add_text(found_.uris, file);
    }
  }

  void files(QPDFObjectHandle specification) {
    QPDFObjectHandle all = specification.getKey("/EF");
    if (!all.isDictionary()) return;
    for (auto& [key, stream] : all.getDictAsMap()) {
      if (!stream.isStream() || found_.files.size() >= kMostKept) continue;
      const QPDFObjGen id = stream.getObjGen();
      found_.kinds[id] = Kind::embedded_file;
      found_.files.try_emplace(
          id, FileName{file_of(specification), text_of(specification.getKey("/Desc"))});
    }
  }

  void script(QPDFObjectHandle value, QPDFObjGen owner) {
    if (value.isStream())
      found_.kinds[value.getObjGen()] = Kind::javascript;
    else if (value.isString() && found_.scripts.size() < kMostKept)
      found_.scripts.push_back({value.getUTF8Value(), owner});
  }

  void xfa(QPDFObjectHandle value) {
    if (value.isStream()) add_xfa(value);
    if (!value.isArray()) return;
    const int size = std::min(value.getArrayNItems(), 1000);
    for (int i = 0; i < size; ++i) add_xfa(value.getArrayItem(i));
  }
  void add_xfa(QPDFObjectHandle value) {
    if (!value.isStream() || found_.xfa.size() >= kMostKept) return;
    if (std::exchange(found_.kinds[value.getObjGen()], Kind::xfa) != Kind::xfa)
      found_.xfa.push_back(value);
  }

  /// A stream, or those of an array or a dictionary.
  void mark(QPDFObjectHandle value, Kind kind) {
    if (value.isStream()) {
      found_.kinds.try_emplace(value.getObjGen(), kind);
    } else if (value.isArray()) {
      const int size = value.getArrayNItems();
      for (int i = 0; i < size; ++i)
        if (QPDFObjectHandle item = value.getArrayItem(i); item.isStream())
          found_.kinds.try_emplace(item.getObjGen(), kind);
    } else if (value.isDictionary()) {
      for (auto& [key, item] : value.getDictAsMap())
        if (item.isStream()) found_.kinds.try_emplace(item.getObjGen(), kind);
    }
  }

  References& found_;
};

}  // namespace

std::string_view name_of(Kind kind) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "other", "embedded_file", "javascript", "xfa",    "page_content", "form_content",
      "image", "font",          "metadata",   "colour", "structure"};
  return kNames[static_cast<std::size_t>(kind)];
}

void look_at(QPDFObjectHandle object, References& found) {
  Looking(found).at(object, object.getObjGen(), 0);
}

Kind kind_of(QPDFObjectHandle dict) {
  const auto name = [&](const char* key) {
    QPDFObjectHandle value = dict.getKey(key);
    return value.isName() ? value.getName() : std::string();
  };
  const std::string type = name("/Type"), sub = name("/Subtype");
  if (type == "/EmbeddedFile") return Kind::embedded_file;
  if (type == "/ObjStm" || type == "/XRef") return Kind::structure;
  if (sub == "/Image") return Kind::image;
  if (sub == "/Form" || dict.hasKey("/PatternType")) return Kind::form_content;
  if (type == "/Metadata" || sub == "/XML") return Kind::metadata;
  if (type == "/CMap" || dict.hasKey("/Length1") || sub == "/Type1C" || sub == "/CIDFontType0C" ||
      sub == "/OpenType")
    return Kind::font;
  if (dict.hasKey("/FunctionType") || dict.hasKey("/ShadingType") || dict.hasKey("/HalftoneType") ||
      (dict.hasKey("/N") && dict.hasKey("/Alternate")))
    return Kind::colour;
  return Kind::other;
}

}  // namespace stoq::plugins::pdf
