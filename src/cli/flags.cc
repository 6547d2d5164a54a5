// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.h"

#include "config/nearest.h"

namespace stoq::cli {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

// One of these words.
CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](const std::string& word) {
        for (const std::string& known : words)
          if (word == known) return std::string();
        return "'" + word + "' is not " + listed(words) + config::did_you_mean(word, words);
      },
      "");
}

class Declaration {
 public:
  Declaration(CLI::App& app, Arguments& arguments, Given& given)
      : app_(app), a_(arguments), o_(arguments.options), g_(given) {}

  void all() {
    scan(command("scan", "scan files, or what comes on stdin, and print the responses"));
    run(command("run", "scan what providers bring and hand the responses to connectors"));
    list(command("list", "list the plugins"));
    install(command("install", "install a plugin from a folder, an archive or a git repository"));
    doctor(command("doctor", "check this installation and say what to do"));
    test(command("test", "scan the samples that plugins bring and compare the results"));
    spool(command("spool", "list, retry or drop responses that connectors have not saved"));
  }

 private:
  CLI::App& command(const char* name, const char* help) {
    CLI::App& c = *app_.add_subcommand(name, help);
    configuration(c);
    return c;
  }

  // Every command reads the configuration.
  void configuration(CLI::App& c) {
    c.add_option("--plugin-dir", o_.plugin_dir_list,
                 "directories to search for plugins, after the installed one")
        ->type_name("DIR");
    c.add_option("--config-file", g_.config_file, "stoq.cfg to read instead of $STOQ_HOME/stoq.cfg")
        ->type_name("FILE");
    c.add_option("--log-level", g_.log_level, "debug, info, warning, error or critical")
        ->type_name("LEVEL");
    c.add_option("--plugin-opts", g_.plugin_opts, "plugin:option=value, over what stoq.cfg says")
        ->type_name("OPT");
    c.add_option("--set", g_.core, "key=value of the section [core] of stoq.cfg")
        ->type_name("KEY=VALUE");
  }

  void names(CLI::App& c, const char* flags, Names& into, const char* help) {
    c.add_option(flags, into, help)->type_name("NAME");
  }

  // What scan and run share.
  void requests(CLI::App& c) {
    names(c, "-A,--dest-archivers", o_.dest_archivers, "archivers that payloads are kept in");
    names(c, "-S,--source-archivers", o_.source_archivers,
          "archivers that payloads are fetched from");
    names(c, "-D,--decorators", o_.decorators, "plugins that add to the response");
    names(c, "-C,--connectors", o_.connectors, "plugins that save responses");
    names(c, "-R,--dispatchers", o_.dispatchers, "plugins that name the workers of a payload");
    names(c, "-E,--deep-dispatchers", o_.deep_dispatchers,
          "plugins that name workers of later rounds");
    names(c, "-a,--always-dispatch", o_.always_dispatch, "workers that see every payload");
    names(c, "-s,--start-dispatch", a_.start_dispatch, "workers that see the first payload");
    names(c, "-d,--start-deep-dispatch", a_.start_deep_dispatch,
          "workers of the first deep dispatch of the first payload");
    c.add_option("--max-recursion", g_.max_recursion, "levels of extraction that are followed")
        ->type_name("N")
        ->check(CLI::Range(0, 1000));
    c.add_option("--max-dispatch-passes", g_.passes, "deep dispatch passes, or until_stable")
        ->type_name("N");
    c.add_option("--threads", g_.threads, "scan threads; the number of cores")
        ->type_name("N")
        ->check(CLI::Range(1, 1024));
    c.add_option("--request-source", a_.request_source, "request_meta.source")->type_name("TEXT");
    c.add_option("--request-extra", g_.request_extra, "key=value in request_meta.extra_data")
        ->type_name("KEY=VALUE");
    c.add_flag("--timings", o_.timings, "add to each payload what the plugins took");
    c.add_flag("--explain", o_.explain, "add to each payload why each worker ran");
  }

  void choice(CLI::App& c, const char* flag, std::string& into, std::vector<std::string> words,
              const char* type, const std::string& help) {
    c.add_option(flag, into, help)->check(one_of(std::move(words)))->type_name(type);
  }

  void scan(CLI::App& c) {
    requests(c);
    c.add_option("FILE", a_.paths, "the files; left out or -: stdin");
    choice(c, "--format", g_.format, {"json", "jsonl", "tree"}, "FORMAT",
           "json (one file), jsonl (a line a file, as several files have it), or tree for eyes");
    choice(c, "--color", g_.color, {"auto", "always", "never"}, "WHEN",
           "colors in the tree: auto, always or never");
  }

  void run(CLI::App& c) {
    requests(c);
    names(c, "-P,--providers", o_.providers, "plugins that bring payloads");
    choice(c, "--progress", g_.progress, {"auto", "always", "never"}, "WHEN",
           "a line on stderr that tells how far it is: auto (on a terminal), always or never");
  }

  void list(CLI::App& c) {
    c.add_flag("--verbose", a_.verbose,
               "with roles, place, isolation, helper programs and options");
    c.add_flag("--names", a_.names_only, "nothing but the names, one a line");
  }

  void install(CLI::App& c) {
    c.add_option("SOURCE", a_.source,
                 "a folder with a .stoq, an archive of one, or a git URL "
                 "(https://, ssh://, git://, file://)")
        ->required();
    c.add_option("--install-dir,--install_dir", a_.install_dir,
                 "where plugins lie; $STOQ_HOME/plugins")
        ->type_name("DIR");
    c.add_flag("--upgrade", a_.upgrade, "replace an installed plugin of the same name");
    c.add_flag("--github", a_.github, "not needed: a git URL is known by itself");
  }

  void doctor(CLI::App& c) {
    choice(c, "--format", g_.format, {"text", "json"}, "FORMAT", "text or json");
  }

  void test(CLI::App& c) { c.add_option("NAME", a_.names, "plugins to test; all"); }

  void spool(CLI::App& c) {
    c.add_option("ACTION", a_.action, "list, retry or drop")
        ->check(one_of({"list", "retry", "drop"}))
        ->required();
    c.add_option("ID", a_.names, "retry, drop: these responses, as list calls them");
    names(c, "--connector", a_.of_connectors, "retry: those that these connectors have not saved");
    c.add_flag("--all", a_.everything, "drop: every response");
    choice(c, "--format", g_.format, {"text", "json"}, "FORMAT", "list: text or json");
  }

  CLI::App& app_;
  Arguments& a_;
  StoqOptions& o_;
  Given& g_;
};

}  // namespace

void declare(CLI::App& app, Arguments& arguments, Given& given) {
  Declaration(app, arguments, given).all();
}

}  // namespace stoq::cli
