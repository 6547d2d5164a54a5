// SPDX-License-Identifier: Apache-2.0
//
// The files that the engine has, by token, and what becomes of them.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "files/open_items.h"
#include "journal.h"
#include "root.h"
#include "stoq/sdk/views.h"
#include "waiting.h"

namespace stoq::plugins::dirmon {

// Thread-safe as a provider is: put on one thread, outcome on any.
class Items {
 public:
  struct Item {
    Place place;
    std::string path;  // below source_dir
    Identity id;
    int64_t firm;  // as the journal has it
    unsigned retries;
  };

  Items(const sdk::Host& host, Journal& journal, std::string source_dir);
  ~Items();  // logs how many files were done

  // Hands a file to the engine; one that it has died of too often fails instead. False: it ends
  // intake, and the file is not known.
  bool put(sdk::Call& call, Fd fd, const Item& item);
  void outcome(uint64_t token, int what, std::string_view reason);

  // Those that the engine has given back since the last time.
  std::vector<Item> given_back();

 private:
  const sdk::Host host_;
  Journal& journal_;
  const std::string source_dir_;
  files::OpenItems<Item> open_;
  std::mutex mutex_;
  std::vector<Item> given_back_;
};

}  // namespace stoq::plugins::dirmon
