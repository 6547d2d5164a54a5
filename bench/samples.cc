// SPDX-License-Identifier: Apache-2.0
#include "bench/samples.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

std::string made_text(Random& random, size_t size) {
  static constexpr std::array kWords = {"the",  "queue", "payload", "of",    "bytes", "and",
                                        "file", "into",  "worker",  "level", "is",    "round"};
  std::string text;
  text.reserve(size + 16);
  while (text.size() < size) {
    // Rare words beside common ones: neither all repetition nor all noise.
    text += random.below(3) ? std::string(kWords[random.below(kWords.size())])
                            : random.letters(random.between(3, 9));
    text += random.below(12) ? ' ' : '\n';
  }
  text.resize(size);
  return text;
}

class ArchiveWriter {
 public:
  ArchiveWriter() : archive_(archive_write_new(), archive_write_free) {}
  archive* get() { return archive_.get(); }
  void check(int code) {
    if (code < ARCHIVE_WARN) throw std::runtime_error(archive_error_string(get()));
  }
  void to_string(std::string& out) {
    archive_write_set_bytes_per_block(get(), 0);
    check(archive_write_open(
        get(), &out, nullptr,
        [](archive*, void* to, const void* data, size_t size) -> la_ssize_t {
          static_cast<std::string*>(to)->append(static_cast<const char*>(data), size);
          return static_cast<la_ssize_t>(size);
        },
        nullptr));
  }
  void add(const std::string& name, std::string_view content) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 1'000'000'000, 0);
    archive_entry_set_size(entry.get(), static_cast<int64_t>(content.size()));
    check(archive_write_header(get(), entry.get()));
    if (archive_write_data(get(), content.data(), content.size()) < 0)
      throw std::runtime_error(archive_error_string(get()));
  }
  void close() { check(archive_write_close(get())); }

 private:
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

std::string gzipped(std::string_view content) {
  std::string out;
  ArchiveWriter writer;
  writer.check(archive_write_set_format_raw(writer.get()));
  writer.check(archive_write_add_filter_gzip(writer.get()));
  writer.check(archive_write_set_options(writer.get(), "gzip:!timestamp"));
  writer.to_string(out);
  writer.add("data", content);
  writer.close();
  return out;
}

std::string zipped(Random& random) {
  std::string out;
  ArchiveWriter writer;
  writer.check(archive_write_set_format_zip(writer.get()));
  writer.to_string(out);
  const uint64_t members = random.between(2, 9);
  for (uint64_t i = 0; i < members; ++i)
    writer.add("part/" + std::to_string(i) + ".txt",
               made_text(random, random.between(200, 20'000)));
  writer.close();
  return out;
}

std::string big_endian(uint32_t n) {
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(n >> shift));
  return out;
}

uint32_t crc32(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

std::string png(Random& random) {
  const uint32_t width = static_cast<uint32_t>(random.between(16, 120)), height = width;
  std::string pixels;
  for (uint32_t y = 0; y < height; ++y) {
    pixels.push_back(0);  // no filter
    for (uint32_t x = 0; x < width; ++x)
      pixels.push_back(static_cast<char>(x + y + random.below(8)));
  }
  uint32_t a = 1, b = 0;
  for (const char c : pixels) a = (a + static_cast<uint8_t>(c)) % 65521, b = (b + a) % 65521;
  // A zlib stream is the deflate stream of a gzip file (head 10 bytes, tail 8) between its own
  // ends.
  const std::string gz = gzipped(pixels);
  const std::string stream = "\x78\x9c" + gz.substr(10, gz.size() - 18) + big_endian(b << 16 | a);
  const auto chunk = [](const std::string& type, const std::string& data) {
    return big_endian(static_cast<uint32_t>(data.size())) + type + data +
           big_endian(crc32(type + data));
  };
  const std::string grey{8, 0, 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", big_endian(width) + big_endian(height) + grey) +
         chunk("IDAT", stream) + chunk("IEND", "");
}

std::string elf(Random& random) {
  std::string head(64, '\0');
  head.replace(0, 7,
               std::string("\x7f"
                           "ELF\2\1\1",
                           7));
  head[16] = 2;   // an executable
  head[18] = 62;  // of x86-64
  head[20] = 1;
  head[52] = 64;  // size of this header; there are no others
  return head + made_bytes(random, random.between(2'000, 200'000));
}

std::string html(Random& random) {
  std::string page =
      "<!DOCTYPE html>\n<html><head><title>" + random.letters(8) + "</title></head>\n<body>\n";
  for (uint64_t i = random.between(3, 40); i > 0; --i)
    page += "<p>" + made_text(random, random.between(80, 900)) + "</p>\n";
  return page + "</body></html>\n";
}

std::string py(Random& random) {
  std::string source = "#!/usr/bin/python3\nimport sys\n\n";
  for (uint64_t i = random.between(3, 40); i > 0; --i) {
    const std::string name = random.letters(7);
    source += "\ndef " + name + "(value):\n    return value + " +
              std::to_string(random.below(999)) + "  # " + random.letters(12) + "\n";
  }
  return source;
}

}  // namespace

std::string made_file(Kind kind, Random& random) {
  switch (kind) {
    case Kind::elf:
      return elf(random);
    case Kind::gz:
      return gzipped(made_text(random, random.between(500, 60'000)));
    case Kind::zip:
      return zipped(random);
    case Kind::png:
      return png(random);
    case Kind::html:
      return html(random);
    case Kind::py:
      return py(random);
  }
  throw std::logic_error("a kind of file that there is not");
}

std::string made_bytes(Random& random, size_t size) {
  std::string out;
  out.reserve(size + 4096);
  while (out.size() < size) {
    const uint64_t dice = random.below(20);
    if (dice < 8) {
      out += made_text(random, 4096);
    } else if (dice < 15) {  // small numbers far more often than large ones, as in code
      for (int i = 0; i < 4096; ++i)
        out.push_back(static_cast<char>(random.byte() & random.byte() & (i % 4 ? 0xff : 0x1f)));
    } else {
      for (int i = 0; i < 4096; ++i) out.push_back(static_cast<char>(random.byte()));
    }
  }
  out.resize(size);
  return out;
}

fs::path make_zip(const fs::path& cache) {
  constexpr double kMean = 300'000;  // bytes a member, for some 200 MB compressed
  const fs::path path = cache / "members-900-v1.zip", temporary = cache / "members.zip.tmp";
  if (fs::exists(path)) return path;
  fs::create_directories(cache);
  Random random(900), sizes(901);
  ArchiveWriter writer;
  writer.check(archive_write_set_format_zip(writer.get()));
  writer.check(archive_write_open_filename(writer.get(), temporary.c_str()));
  for (unsigned i = 0; i < kZipMembers; ++i) {
    // Many small ones and a few large ones, from mean/40 to mean*5.3.
    const double spread = std::pow(200.0, static_cast<double>(sizes.below(1000)) / 1000.0);
    const auto size = static_cast<size_t>(kMean / 37.5 * spread);
    writer.add("member-" + std::to_string(i), made_bytes(random, size));
  }
  writer.close();
  fs::rename(temporary, path);
  return path;
}

}  // namespace stoq::bench
