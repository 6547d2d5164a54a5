// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/commands.h"
#include "cli/installation.h"
#include "cli/output.h"
#include "cli/visible.h"
#include "config/discover.h"

namespace stoq::cli {
namespace {

// Such a cell, with a space at least behind it.
std::string cell(const std::string& text, size_t columns) {
  return padded(text + " ", columns);
}

// Words of a plugin's author in lines of at most `width` columns, each indented.
std::string wrapped(const std::string& text, size_t indent, size_t width) {
  std::string out, line;
  const std::string words = visible(text, kTextColumns) + " ";
  for (size_t at = 0, end; (end = words.find(' ', at)) != words.npos; at = end + 1) {
    const std::string word = words.substr(at, end - at);
    if (word.empty()) continue;
    if (!line.empty() && indent + columns_of(line) + 1 + columns_of(word) > width) {
      out += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? out : out + std::string(indent, ' ') + line + "\n";
}

std::string option_text(const OptionDescription& o, size_t width) {
  std::string facts = o.type;
  if (!o.range.empty()) facts += ", " + o.range;
  facts += o.default_text
               ? (o.default_text->empty() ? ", default empty" : ", default " + *o.default_text)
               : ", no default";
  return "      " + cell(visible(o.name, 60), 24) + visible(facts, kTextColumns) + "\n" +
         wrapped(o.help, 10, width);
}

std::string verbose_text(const PluginListing& listing, const PluginDescription& d, size_t width) {
  std::string out = visible(d.name + " " + d.version + "  " + d.description, kTextColumns);
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
  const auto fact = [&](const char* name, const std::string& text) {
    out += "    " + cell(name, 11) + visible(text, kTextColumns) + "\n";
  };
  if (!listing.classes.empty()) fact("roles", joined(listing.classes));
  if (!d.folder.empty()) fact("lies in", d.folder);
  fact("isolation", d.isolation + (d.profile.empty() ? "" : ", profile " + d.profile) +
                        (d.python ? ", in Python" : ""));
  for (const HelperDescription& helper : d.helpers)
    fact("helper", helper.name + "=" + helper.path + (helper.present ? "" : ", which is missing"));
  const std::string problem = d.problem.empty() ? listing.problem : d.problem;
  if (!problem.empty()) fact("problem", problem);
  if (d.options.empty()) {
    if (d.problem.empty()) fact("options", "none");
    return out;
  }
  fact("options", "");
  while (out.ends_with(" \n")) out.erase(out.size() - 2, 1);
  for (const OptionDescription& option : d.options) out += option_text(option, width);
  return out;
}

// As quick as it gets, for completion: no plugin is loaded.
int list_names(const Arguments& a) {
  std::vector<std::string> ignored;
  std::string out;
  for (const auto& [name, manifest] :
       config::discover(load_settings(a.options, ignored).plugin_dirs, ignored))
    out += name + "\n";
  return finish(out, kDelivered);
}

}  // namespace

int list(Arguments& a) {
  if (a.names_only) return list_names(a);
  a.options.log_level = a.options.log_level.value_or("error");
  start_nothing(a.options);
  Stoq stoq(std::move(a.options));
  std::string out = "stoQ :: v" + std::string(kVersion) + " :: an automated analysis framework\n" +
                    std::string(59, '-') + "\n";
  const size_t width = std::max<size_t>(width_of(1, 100), 40);
  bool problems = false;
  for (const auto& [name, plugin] : stoq.list_plugins()) {
    problems |= !plugin.problem.empty();
    if (a.verbose) {
      const PluginDescription description = stoq.describe_plugin(name);
      problems |= !description.problem.empty();
      out += "\n" + verbose_text(plugin, description, width);
      continue;
    }
    out += cell(cell("  " + name, 22) + "v" + plugin.version, 33) + plugin.description +
           "\n\t\t\t\t- " + plugin.problem + joined(plugin.classes) + "\n";
  }
  return finish(out, problems ? kNotAll : kDelivered);
}

}  // namespace stoq::cli
