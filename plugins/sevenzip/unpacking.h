// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "archives/extraction.h"
#include "kinds.h"
#include "program.h"

namespace stoq::plugins::sevenzip {

/// Brings the members of one archive from 7zz to the extraction: as one stream where all goes well,
/// which is cut by the sizes of the listing; a member that fails is asked for alone, and the stream
/// begins anew behind it. For one call.
class Unpacking {
 public:
  Unpacking(Program& program, const archives::Options& options, archives::Extraction& extraction,
            archives::Report& report)
      : program_(program), options_(options), extraction_(extraction), report_(report) {}

  /// `done`: names of members that another plugin has extracted; they are left out. The one member
  /// without a name is called `suggested_name`.
  void run(const Kind& kind, const std::set<std::string>& done, const std::string& suggested_name);

 private:
  struct Entry {
    archives::Member member;
    std::optional<std::uint64_t> size;
    bool wanted = false;
    bool alone = false;  // its size is not known, or the list cannot name it
    bool finished = false;
  };
  class Stream;

  bool list(const Kind& kind);
  void prepare(const std::set<std::string>& done, const std::string& suggested_name);
  void find_password();
  bool stream();  // false: it ended before the last entry that it may give
  void alone(Entry& entry);
  void finish(Entry& entry, std::string status);
  bool over() { return report_.stopped = report_.stopped || extraction_.cancelled(); }

  Program& program_;
  const archives::Options& options_;
  archives::Extraction& extraction_;
  archives::Report& report_;
  Listing listing_;
  std::string password_;
  std::vector<Entry> entries_;
};

}  // namespace stoq::plugins::sevenzip
