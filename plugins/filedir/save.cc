// SPDX-License-Identifier: Apache-2.0
#include "save.h"

#include "stoq/sdk/views.h"

namespace stoq::plugins::filedir {

DateFormat::DateFormat(std::string format) : format_(std::move(format)) {
  tzset();
  const std::string example = "/" + path(std::time(nullptr)) + "/";
  for (const std::string_view part : {"//", "/./", "/../"})
    if (example.find(part) != example.npos)
      throw sdk::Error("date_format '" + shown(format_) +
                       "' gives no path of directories below another one; write it like %Y/%m/%d");
}

std::string DateFormat::path(std::time_t when) const {
  std::tm local{};
  localtime_r(&when, &local);
  char text[1024];
  return {text, std::strftime(text, sizeof text, format_.c_str(), &local)};
}

Results::Results(SaveOptions options)
    : options_(std::move(options)),
      folder_(options_.results_dir, "results_dir", options_.durable) {}

void Results::save(std::string_view scan_id, std::string_view response) {
  if (scan_id.empty() || scan_id.front() == '.' || scan_id.find('/') != scan_id.npos)
    throw sdk::Error("scan_id '" + shown(scan_id) + "' cannot be the name of a file");
  const std::string name(scan_id);
  const std::string sub = options_.date ? options_.date->path(std::time(nullptr)) : "";
  const bool written = folder_.write(sub, name, [&](Sink& sink) {
    if (options_.compactly)
      sink.append(response);
    else
      sdk::indent_to(sink, response, 4);
    sink.append(1, '\n');
  });
  if (!written)
    throw sdk::Error(shown(folder_.path_of(sub, name)) +
                     " already exists; results are never overwritten: move that file away to save "
                     "them again");
}

}  // namespace stoq::plugins::filedir
