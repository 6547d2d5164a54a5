// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/objects.h"

namespace stoq::test {

// The plugin in an engine of its own.
class ExifEngine {
 public:
  explicit ExifEngine(OptionMap options = {}) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_PLUGINS};
    o.always_dispatch = {"exif"};
    o.plugin_opts["exif"] = std::move(options);
    stoq_ = std::make_unique<Stoq>(std::move(o));
  }

  // The result's text, or the error's up to where the payload is named.
  std::string operator()(std::string_view payload) {
    const StoqResponse r = stoq_->scan(payload);
    if (const auto* errors = r.errors.find("exif"))
      return errors->front().substr(0, errors->front().find(" ; payload"));
    const Json* result = r.results.at(0).workers.at(0).find("exif");
    return result ? result->text() : "nothing";
  }
  // One value of it, as JSON.
  std::string value(std::string_view payload, std::string_view key) {
    const StoqResponse r = stoq_->scan(payload);
    const Json* result = r.results.at(0).workers.at(0).find("exif");
    const Json found = result ? result->get(key) : Json();
    return found.is_null() ? "none" : found.text();
  }

 private:
  std::unique_ptr<Stoq> stoq_;
};

inline bool has_exiftool() {
  return access("/usr/bin/exiftool", X_OK) == 0;
}

}  // namespace stoq::test
