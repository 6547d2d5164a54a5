// SPDX-License-Identifier: Apache-2.0
#include "loader/native_host.h"

#include <utility>

#include "loader/native_helper.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/views.h"
#include "stoq/stoq.h"

namespace stoq {

using sdk::str;
using sdk::view;

struct NativeHostApi {
  static const NativeHost& self(const stoq_host* host) {
    return *static_cast<const NativeHost*>(host->ctx);
  }

  static void log(const stoq_host* host, int32_t severity, stoq_str line) noexcept {
    try {
      const LogLevel level = severity >= STOQ_LOG_ERROR     ? LogLevel::error
                             : severity >= STOQ_LOG_WARNING ? LogLevel::warning
                             : severity >= STOQ_LOG_INFO    ? LogLevel::info
                                                            : LogLevel::debug;
      self(host).log_(level, view(line));
    } catch (...) {  // a line lost for want of memory
    }
  }

  static stoq_status option(const stoq_host* host, stoq_str name, stoq_value* out) noexcept {
    const auto found = self(host).options_.find(view(name));
    if (found == self(host).options_.end() || !out || out->struct_size < sizeof(stoq_value))
      return STOQ_INVALID;
    const NativeHost::Stored& stored = found->second;
    stoq_value value{};
    value.struct_size = sizeof value;
    value.kind = stored.kind;
    value.text = str(stored.option.text);
    const config::Value& v = stored.option.value;
    if (const auto* boolean = std::get_if<bool>(&v)) value.integer = *boolean;
    if (const auto* integer = std::get_if<int64_t>(&v)) value.integer = *integer;
    if (const auto* number = std::get_if<double>(&v)) value.number = *number;
    value.list = stored.list.data();
    value.list_size = stored.list.size();
    *out = value;
    return STOQ_OK;
  }

  static const void* extension(const stoq_host*, const char* id) noexcept {
    return id && std::string_view(id) == STOQ_HELPER ? native_helper_table() : nullptr;
  }
};

namespace {

constexpr std::pair<config::Type, uint32_t> kTypes[] = {
    {config::Type::boolean, STOQ_VALUE_BOOLEAN}, {config::Type::integer, STOQ_VALUE_INTEGER},
    {config::Type::number, STOQ_VALUE_NUMBER},   {config::Type::text, STOQ_VALUE_TEXT},
    {config::Type::list, STOQ_VALUE_LIST},       {config::Type::size, STOQ_VALUE_INTEGER},
    {config::Type::duration, STOQ_VALUE_NUMBER}, {config::Type::json, STOQ_VALUE_TEXT}};

}  // namespace

std::vector<config::OptionSpec> option_specs(const stoq_plugin_entry& entry) {
  std::vector<config::OptionSpec> specs;
  for (const stoq_option* const* at = entry.options; at && *at; ++at) {
    const stoq_option& option = **at;
    if (option.kind >= std::size(kTypes))
      throw StoqPluginException(std::string("option '") + option.name +
                                "' has a type that this version does not know");
    config::OptionSpec spec;
    spec.name = option.name;
    spec.type = kTypes[option.kind].first;
    spec.has_default = option.default_text != nullptr;
    if (spec.has_default) spec.default_text = option.default_text;
    if (option.minimum != 0 || option.maximum != 0)
      spec.min = option.minimum, spec.max = option.maximum;
    if (option.help) spec.help = option.help;
    specs.push_back(std::move(spec));
  }
  return specs;
}

// A native module declares all options that it has. Python plugins declare none and may have any.
static void warn_of_options(const PluginSpec& spec, std::vector<std::string>& warnings) {
  if (!spec.module.ends_with(".so") || !spec.options.manifest.empty()) return;
  for (const config::Layer* layer : {&spec.options.config, &spec.options.arguments})
    for (const auto& [name, source] : *layer)
      warnings.push_back(source.where + ": plugin '" + spec.name + "' has no option '" + name +
                         "'; it is passed on as text");
}

NativeHost::NativeHost(const PluginSpec& spec, const stoq_plugin_entry& entry, LogFunction log,
                       Surroundings surroundings)
    : name_(spec.name),
      folder_(spec.folder),
      state_(spec.state),
      tmp_(surroundings.tmp ? std::move(surroundings.tmp) : std::make_shared<std::string>()),
      log_(std::move(log)),
      helpers_(surroundings.helpers
                   ? std::move(surroundings.helpers)
                   : std::make_shared<HelperProcesses>(spec.helpers, HelperServer::started)) {
  const std::vector<config::OptionSpec> specs = option_specs(entry);
  std::vector<std::string> warnings, errors;
  config::ResolvedOptions resolved =
      config::resolve_options(spec.name, specs, spec.options, warnings, errors);
  if (specs.empty()) warn_of_options(spec, warnings);
  for (const std::string& warning : warnings) log_(LogLevel::warning, warning);
  if (!errors.empty()) {
    std::string text;
    for (const std::string& error : errors) text += (text.empty() ? "" : "; ") + error;
    throw StoqPluginException(text);
  }
  for (auto& [name, option] : resolved) {
    uint32_t kind = STOQ_VALUE_TEXT;
    for (const config::OptionSpec& declared : specs)
      if (declared.name == name)
        for (const auto& [type, value_kind] : kTypes)
          if (type == declared.type) kind = value_kind;
    options_[name] = {kind, std::move(option), {}};
  }
  for (const config::OptionSpec& declared : specs)
    options_.try_emplace(declared.name, Stored{STOQ_VALUE_UNSET, {}, {}});
  for (auto& [name, stored] : options_)
    if (const auto* list = std::get_if<std::vector<std::string>>(&stored.option.value))
      for (const std::string& item : *list) stored.list.push_back(str(item));
  host_ = {sizeof(stoq_host),
           0,
           this,
           str(kVersion),
           str(name_),
           str(folder_),
           str(*tmp_),
           str(state_),
           &NativeHostApi::log,
           &NativeHostApi::option,
           &NativeHostApi::extension};
}

}  // namespace stoq
