// SPDX-License-Identifier: Apache-2.0
#include "cli/expectation.h"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/digest.h"
#include "json/canonical.h"
#include "stoq/exceptions.h"

namespace stoq::cli {
namespace {

using Tree = Json::Tree;

constexpr size_t kMostText = 4 << 20;
constexpr size_t kShown = 120;  // bytes of a value in a message

std::string brief(const Tree& value) {
  std::string text = Json(value).text();
  if (text.size() > kShown) text = text.substr(0, kShown) + "…";
  return text;
}

std::string decoded(const std::string& base64) {
  std::string text = base64;
  std::erase_if(text, [](char c) { return c == '\n' || c == ' '; });
  std::string out(text.size() / 4 * 3, '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  if (n < 0 || text.size() % 4 != 0) throw StoqException("its base64 is none");
  const auto padding = static_cast<size_t>(std::count(text.begin(), text.end(), '='));
  out.resize(static_cast<size_t>(n) - std::min<size_t>(padding, 2));
  return out;
}

std::string content_of(const Tree& entry) {
  if (entry.contains("base64")) return decoded(entry["base64"].get<std::string>());
  return entry.at("content").get<std::string>();
}

std::string sha256_of(const std::string& content) {
  Sha256Stream hash;
  hash.update(bytes_of(content));
  return hex(hash.finish());
}

constexpr std::string_view kKeys[] = {"name",         "content",   "base64",
                                      "payload_meta", "options",   "dispatch_meta",
                                      "result",       "extracted", "errors"};

Sample sample_of(const Tree& entry) {
  for (const auto& [key, value] : entry.items())
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys))
      throw StoqException("it has a key '" + key + "', which means nothing");
  Sample sample;
  sample.name = entry.value("name", "");
  sample.content = content_of(entry);
  if (entry.contains("payload_meta") &&
      !sample.payload_meta.update(Json(entry["payload_meta"]).text()))
    throw StoqException("its payload_meta has the wrong shape");
  if (entry.contains("options"))
    for (const auto& [name, value] : entry["options"].items())
      sample.options[name] = value.is_string() ? value.get<std::string>() : Json(value).text();
  if (entry.contains("dispatch_meta")) sample.dispatch_meta = Json(entry["dispatch_meta"]);
  sample.result = entry.at("result");
  if (entry.contains("extracted"))
    for (const Tree& one : entry["extracted"])
      sample.extracted.push_back(
          {one.contains("sha256") ? one["sha256"].get<std::string>() : sha256_of(content_of(one))});
  if (entry.contains("errors")) sample.errors = entry["errors"].get<std::vector<std::string>>();
  return sample;
}

// Compares one pair after the other; what is inside of them waits its turn.
void compare(const Tree& expected, const Tree& actual, std::vector<std::string>& into) {
  struct Pair {
    std::string path;
    const Tree *expected, *actual;
  };
  std::vector<Pair> open = {{"result", &expected, &actual}};
  while (!open.empty()) {
    const Pair pair = open.back();
    open.pop_back();
    if (!pair.actual) {
      into.push_back(pair.path + " is missing");
      continue;
    }
    const Tree &e = *pair.expected, &a = *pair.actual;
    if (e.is_object() && a.is_object()) {
      for (auto at = e.rbegin(); at != e.rend(); ++at) {
        const auto member = a.find(at.key());
        open.push_back(
            {pair.path + "." + at.key(), &at.value(), member == a.end() ? nullptr : &*member});
      }
    } else if (e.is_array() && a.is_array() && e.size() == a.size()) {
      for (size_t i = e.size(); i > 0; --i)
        open.push_back({pair.path + "[" + std::to_string(i - 1) + "]", &e[i - 1], &a[i - 1]});
    } else if (e != a) {
      into.push_back(pair.path + " is " + brief(a) + ", expected " + brief(e));
    }
  }
}

}  // namespace

std::vector<Sample> read_samples(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostText + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || text.empty()) throw StoqException(path + " cannot be read");
  if (text.size() > kMostText) throw StoqException(path + " is larger than 4 MiB");
  size_t place = 0;
  try {
    std::string canonical;  // within the depth that trees can be copied and written at
    if (const json::Outcome outcome = json::canonicalise(text, canonical); !outcome)
      throw StoqException("not JSON: " + outcome.message);
    const Json json = Json::from_canonical(std::move(canonical));
    const Tree& list = json.tree();
    if (!list.is_array()) throw StoqException("it is not a list of samples");
    std::vector<Sample> samples;
    for (const Tree& entry : list) {
      ++place;
      samples.push_back(sample_of(entry));
      if (samples.back().name.empty()) samples.back().name = "sample " + std::to_string(place);
    }
    return samples;
  } catch (const std::exception& e) {  // of the tree's, too
    throw StoqException(path + (place > 0 ? ", sample " + std::to_string(place) : "") + ": " +
                        e.what());
  }
}

std::vector<std::string> differences(const Sample& sample, std::string_view plugin,
                                     const StoqResponse& response) {
  std::vector<std::string> found;
  const Json* result = nullptr;
  for (const NamedResults& round : response.results.front().workers)
    if (!result) result = round.find(plugin);
  compare(sample.result, result ? result->tree() : Tree(), found);

  std::vector<std::string> extracted;
  for (const PayloadResults& r : response.results)
    if (!r.extracted_from.empty()) extracted.push_back(r.sha256);
  if (extracted.size() != sample.extracted.size()) {
    found.push_back("extracted are " + std::to_string(extracted.size()) + " payloads, expected " +
                    std::to_string(sample.extracted.size()));
  } else {
    for (size_t i = 0; i < extracted.size(); ++i)
      if (extracted[i] != sample.extracted[i].sha256)
        found.push_back("extracted[" + std::to_string(i) + "] has the SHA-256 " + extracted[i] +
                        ", expected " + sample.extracted[i].sha256);
  }

  std::vector<std::string> errors;
  for (const auto& [name, texts] : response.errors)
    for (const std::string& text : texts) errors.push_back(text);
  for (size_t i = 0; i < std::max(errors.size(), sample.errors.size()); ++i) {
    if (i >= errors.size())
      found.push_back("errors: expected one with '" + sample.errors[i] + "'");
    else if (i >= sample.errors.size() || errors[i].find(sample.errors[i]) == std::string::npos)
      found.push_back("errors: " + errors[i]);
  }
  return found;
}

}  // namespace stoq::cli
