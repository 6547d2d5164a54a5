// SPDX-License-Identifier: Apache-2.0
// Archives of every kind, small ones.
#include "fuzz/target.h"
#include "plugins/decompress/tests/samples.h"

using samples::Entry;
using samples::Lock;

STOQ_FUZZ_SEEDS(decompress) {
  const std::vector<Entry> entries = {
      {"one.txt", "first content"},
      {"dir/", "", 'd'},
      {"dir/two.bin", samples::noise(1000, 1) + std::string(1000, 'z')},
      {"link", "", 'l', "one.txt"}};
  const std::string& content = entries[2].content;
  std::vector<std::string> out;
  for (const char* format :
       {"zip", "7zip", "ustar", "pax", "gnutar", "newc", "odc", "bin", "iso9660", "xar"})
    out.push_back(samples::write({format, "", "", ""}, entries));
  for (const char* format : {"arbsd", "arsvr4", "warc"})
    out.push_back(samples::write({format, "", "", ""}, {entries[0], {"two", "2"}}));
  for (const char* filter :
       {"gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "compress", "lzip", "uuencode"}) {
    out.push_back(samples::filtered(filter, content));
    out.push_back(samples::write({"ustar", filter, "", ""}, entries));
  }
  for (const char* how : {"zipcrypt", "aes256"})
    out.push_back(samples::write({"zip", "", std::string("zip:encryption=") + how, "infected"},
                                 {entries[0], entries[2]}));
  for (const Lock lock : {Lock::none, Lock::content, Lock::headers}) {
    out.push_back(samples::rar4("a.bin", content, lock));
    out.push_back(samples::rar5("a.bin", content, lock));
  }
  out.push_back(samples::lha("a.bin", content));
  out.push_back(samples::cab("a.bin", content));
  out.push_back(samples::rpm(samples::write({"newc", "xz", "", ""}, entries)));
  out.push_back(samples::gnu_sparse_tar("start", 100'000));
  out.push_back("MZ" + std::string(500, '\1') + out[1]);  // 7zip behind a program
  out.push_back(out[0] + out[0]);
  out.push_back(samples::arj());
  out.push_back(samples::szdd(content.substr(0, 100)));
  out.push_back(samples::kwaj(content));
  for (const char method : {'\3', '\4'}) {  // other data behind the same header
    out.push_back(samples::kwaj(content));
    out.back()[8] = method;
  }
  return out;
}
