// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "cli/commands.h"
#include "cli/expectation.h"
#include "cli/installation.h"
#include "cli/output.h"
#include "config/nearest.h"

namespace stoq::cli {
namespace {

constexpr size_t kDifferences = 5;  // differences of one sample

// Sends the root payload to one worker, with what a rule would say of it.
class ToWorker final : public DispatcherPlugin {
 public:
  ToWorker(std::string worker, Json meta) : worker_(std::move(worker)), meta_(std::move(meta)) {}
  DispatcherResponse get_dispatches(Payload& payload, Request&) override {
    DispatcherResponse response;
    if (payload.level > 0) return response;
    response.plugin_names = {worker_};
    response.meta.set(worker_, meta_);
    return response;
  }

 private:
  const std::string worker_;
  const Json meta_;
};

class SelfTest {
 public:
  explicit SelfTest(const Arguments& a)
      : base_(quiet(a.options)), settings_(load_settings(base_, ignored_)), stoq_(bare(base_)) {}

  int run(const Names& wanted) {
    std::vector<std::string> known;
    for (const auto& [name, listing] : stoq_.list_plugins()) known.push_back(name);
    for (const std::string& name : wanted)
      if (std::find(known.begin(), known.end(), name) == known.end())
        return complain(kUsage, "there is no plugin '" + name + "'" +
                                    config::did_you_mean(name, known) + "; see stoq list");
    asked_ = !wanted.empty();
    for (const std::string& name : wanted.empty() ? known : wanted) plugin(name);
    std::string summary = std::to_string(tested_) + " tested with " + std::to_string(samples_) +
                          " samples, " + std::to_string(loaded_) + " loaded only";
    if (not_ready_ > 0) summary += ", " + std::to_string(not_ready_) + " not ready";
    return finish(summary + ", " + std::to_string(failed_) + " failed\n",
                  failed_ == 0 ? kDelivered : kNotAll);
  }

 private:
  // The results are what is looked at; what is logged on the way is in them.
  static StoqOptions quiet(StoqOptions options) {
    options.log_sink = std::make_shared<KeptLog>();
    return options;
  }
  static StoqOptions bare(StoqOptions options) {
    start_nothing(options);
    options.max_recursion = 1;  // what is extracted is listed; nothing looks at it
    return options;
  }

  void say(const std::string& name, const std::string& text) {
    std::string line = name;
    line.resize(std::max<size_t>(line.size() + 1, 16), ' ');
    print(line + text + "\n");
  }

  void plugin(const std::string& name) {
    const PluginDescription description = stoq_.describe_plugin(name);
    const Loaded loaded = try_to_load(stoq_, description, settings_);
    if (loaded.how == Loading::not_ready && !asked_) {
      ++not_ready_;
      return say(name, "not ready: " + loaded.problem);
    }
    if (loaded.how != Loading::fine) {
      ++failed_;
      return say(name, "FAILED to load: " + loaded.problem);
    }
    const std::string path = description.folder + "/selftest.json";
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
      ++loaded_;
      return say(name, "loaded; it brings no samples");
    }
    samples_of(name, path, loaded.roles);
  }

  void samples_of(const std::string& name, const std::string& path,
                  const std::vector<std::string>& roles) {
    std::vector<std::string> problems;
    size_t count = 0;
    try {
      if (std::find(roles.begin(), roles.end(), "Worker") == roles.end())
        throw StoqException(path + ": samples are for workers, and this plugin is none");
      for (const Sample& sample : read_samples(path)) {
        ++count;
        const std::vector<std::string> found = try_sample(name, sample);
        for (size_t i = 0; i < std::min(found.size(), kDifferences); ++i)
          problems.push_back(sample.name + ": " + found[i]);
        if (found.size() > kDifferences)
          problems.push_back(sample.name + ": and " + std::to_string(found.size() - kDifferences) +
                             " more differences");
      }
    } catch (const StoqException& e) {
      problems.emplace_back(e.what());
    }
    ++tested_;
    samples_ += count;
    const std::string all = std::to_string(count) + (count == 1 ? " sample" : " samples");
    if (problems.empty()) return say(name, "passed, " + all);
    ++failed_;
    say(name, "FAILED, " + all);
    for (const std::string& problem : problems) print("    " + problem + "\n");
  }

  std::vector<std::string> try_sample(const std::string& name, const Sample& sample) {
    const auto scan = [&](Stoq& stoq) {
      ScanOptions options;
      options.payload_meta = sample.payload_meta;
      options.add_start_dispatch = {name};
      return differences(sample, name, stoq.scan(sample.content, std::move(options)));
    };
    if (sample.options.empty() && sample.dispatch_meta.is_null()) return scan(stoq_);
    StoqOptions options = bare(base_);
    for (const auto& [option, text] : sample.options) options.plugin_opts[name][option] = text;
    Stoq other(std::move(options));
    if (!sample.dispatch_meta.is_null())
      other.add_plugin("selftest", std::make_shared<ToWorker>(name, sample.dispatch_meta));
    return scan(other);
  }

  std::vector<std::string> ignored_;
  const StoqOptions base_;
  const Settings settings_;
  Stoq stoq_;
  bool asked_ = false;
  size_t tested_ = 0, samples_ = 0, loaded_ = 0, not_ready_ = 0, failed_ = 0;
};

}  // namespace

int test(Arguments& a) {
  return SelfTest(a).run(a.names);
}

}  // namespace stoq::cli
