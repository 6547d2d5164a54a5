// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <stdexcept>

#include "plugins/decompress/reader.h"

namespace samples {
namespace {

namespace fs = std::filesystem;

void check(int result, archive* a) {
  if (result < ARCHIVE_WARN)
    throw std::runtime_error(archive_error_string(a) ? archive_error_string(a) : "libarchive");
}

std::string vint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}

std::string rar4_header(int type, int flags, const std::string& body) {
  const auto header = le(static_cast<unsigned>(type), 1) + le(static_cast<unsigned>(flags), 2) +
                      le(7 + body.size(), 2) + body;
  return le(crc32(header) & 0xFFFF, 2) + header;
}

std::string rar5_header(const std::string& body) {
  const auto sized = vint(body.size()) + body;
  return le(crc32(sized), 4) + sized;
}

std::uint16_t crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (unsigned char c : bytes) {
    crc ^= c;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xA001 : 0);
  }
  return static_cast<std::uint16_t>(crc);
}

struct Directory {
  fs::path path;
  Directory() {
    std::string name = (fs::temp_directory_path() / "unpack_test.XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path = name;
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

bool run(const std::string& program, std::vector<std::string> arguments) {
  if (access(program.c_str(), X_OK) != 0) return false;
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (auto& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 1;
  return !failed && waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace

std::string le(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) out += static_cast<char>(value);
  return out;
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (unsigned char c : bytes) {
    crc ^= c;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

std::string noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::string out(size, '\0');
  for (auto& c : out) c = static_cast<char>(random());
  return out;
}

std::string write(const Style& style, const std::vector<Entry>& entries) {
  const stoq::plugins::decompress::Utf8Locale utf8;
  std::size_t size = 1 << 20;
  for (const auto& e : entries) size += 2 * e.content.size() + 4096;
  std::string out(size, '\0');
  const std::unique_ptr<archive, int (*)(archive*)> owner(archive_write_new(), archive_write_free);
  auto* a = owner.get();
  check(archive_write_set_format_by_name(a, style.format.c_str()), a);
  if (!style.filter.empty()) check(archive_write_add_filter_by_name(a, style.filter.c_str()), a);
  if (!style.options.empty()) check(archive_write_set_options(a, style.options.c_str()), a);
  if (!style.password.empty()) check(archive_write_set_passphrase(a, style.password.c_str()), a);
  check(archive_write_set_bytes_per_block(a, 512), a);
  check(archive_write_set_bytes_in_last_block(a, 1), a);
  std::size_t used = 0;
  check(archive_write_open_memory(a, out.data(), out.size(), &used), a);
  unsigned inode = 1;
  for (const auto& e : entries) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry_owner(archive_entry_new(),
                                                                               archive_entry_free);
    auto* entry = entry_owner.get();
    archive_entry_set_pathname(entry, e.name.c_str());
    const unsigned type = e.type == 'd'   ? AE_IFDIR
                          : e.type == 'l' ? AE_IFLNK
                          : e.type == 'c' ? AE_IFCHR
                          : e.type == 'p' ? AE_IFIFO
                                          : AE_IFREG;
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 1600000000, 0);
    archive_entry_set_size(entry, static_cast<la_int64_t>(e.content.size()));
    archive_entry_set_ino(entry,
                          e.type == 'h' ? inode : ++inode);  // a hardlink to the entry before
    archive_entry_set_nlink(entry, 1);
    if (e.type == 'l') archive_entry_set_symlink(entry, e.target.c_str());
    if (e.type == 'h') archive_entry_set_hardlink(entry, e.target.c_str());
    check(archive_write_header(a, entry), a);
    if (!e.content.empty() && archive_write_data(a, e.content.data(), e.content.size()) < 0)
      check(ARCHIVE_FATAL, a);
  }
  check(archive_write_close(a), a);
  out.resize(used);
  return out;
}

std::string filtered(const std::string& filter, const std::string& content) {
  return write({"raw", filter, "", ""}, {{"member", content}});
}

std::string rar4(const std::string& name, const std::string& content, Lock lock) {
  const int salted = lock == Lock::content ? 0x0004 : 0;
  return std::string("Rar!\x1A\x07\x00", 7) +
         rar4_header(0x73, lock == Lock::headers ? 0x80 : 0, le(0, 6)) +
         rar4_header(0x74, 0x8000 | salted,
                     le(content.size(), 4) + le(content.size(), 4) + le(3, 1) +
                         le(crc32(content), 4) + le(0x50000000, 4) + le(20, 1) + le(0x30, 1) +
                         le(name.size(), 2) + le(0x81A4, 4) + name) +
         content + rar4_header(0x7B, 0x4000, "");
}

std::string rar5(const std::string& name, const std::string& content, Lock lock) {
  std::string out("Rar!\x1A\x07\x01\x00", 8);
  if (lock == Lock::headers)
    out += rar5_header(vint(4) + vint(0) + vint(0) + vint(0) + vint(1) + noise(16, 1));
  out += rar5_header(vint(1) + vint(0) + vint(0));
  std::string extra;
  if (lock == Lock::content) {
    const auto record = vint(1) + vint(0) + vint(0) + le(1, 1) + noise(32, 2);
    extra = vint(record.size()) + record;
  }
  out += rar5_header(vint(2) + vint(extra.empty() ? 2 : 3) +
                     (extra.empty() ? "" : vint(extra.size())) + vint(content.size()) + vint(4) +
                     vint(content.size()) + vint(0x81A4) + le(crc32(content), 4) + vint(0) +
                     vint(1) + vint(name.size()) + name + extra);
  return out + (lock == Lock::content ? noise(content.size(), 3) : content) +
         rar5_header(vint(5) + vint(0) + vint(0));
}

std::string lha(const std::string& name, const std::string& content) {
  const auto header = "-lh0-" + le(content.size(), 4) + le(content.size(), 4) + le(0x50000000, 4) +
                      le(0x20, 1) + le(0, 1) + le(name.size(), 1) + name + le(crc16(content), 2);
  unsigned sum = 0;
  for (unsigned char c : header) sum += c;
  return le(header.size(), 1) + le(sum & 0xFF, 1) + header + content + '\0';
}

std::string cab(const std::string& name, const std::string& content) {
  const auto files = le(content.size(), 4) + le(0, 4) + le(0, 2) + le(0x5000, 2) + le(0, 2) +
                     le(0x20, 2) + name + '\0';
  const auto files_at = 36 + 8, data_at = files_at + static_cast<int>(files.size());
  const auto data = le(0, 4) + le(content.size(), 2) + le(content.size(), 2) + content;
  return std::string("MSCF\0\0\0\0", 8) + le(static_cast<unsigned>(data_at) + data.size(), 4) +
         le(0, 4) + le(static_cast<unsigned>(files_at), 4) + le(0, 4) + le(3, 1) + le(1, 1) +
         le(1, 2) + le(1, 2) + le(0, 2) + le(7, 2) + le(0, 2) +
         le(static_cast<unsigned>(data_at), 4) + le(1, 2) + le(0, 2) + files + data;
}

std::string rpm(const std::string& compressed_cpio) {
  std::string lead("\xED\xAB\xEE\xDB\x03\x00", 6);
  lead.resize(96);
  const std::string empty_header("\x8E\xAD\xE8\x01\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  return lead + empty_header + empty_header + compressed_cpio;
}

std::string szdd(const std::string& content) {
  // The match: 3 spaces out of the window as it is at first.
  std::string out = "SZDD\x88\xF0\x27\x33\x41" + std::string("t") + le(content.size() + 3, 4) +
                    le(0xFE, 1) + le(0, 2);
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (i >= 7 && (i - 7) % 8 == 0) out += '\xFF';
    out += content[i];
  }
  return out;
}

std::string kwaj(const std::string& content) {
  std::string out = "KWAJ\x88\xF0\x27\xD1" + le(1, 2) + le(26, 2) + le(1 | 8 | 16, 2) +
                    le(content.size(), 4) + "a" + '\0' + "txt" + '\0' + "??";
  for (const char c : content) out += static_cast<char>(c ^ 0xFF);
  return out;
}

std::string arj() {
  const auto header = le(30, 1) + le(11, 1) + le(1, 1) + le(0, 1) + le(0, 1) + le(0, 1) + le(2, 1) +
                      le(0, 23) + "a.arj" + '\0' + '\0';
  return "\x60\xEA" + le(header.size(), 2) + header + le(crc32(header), 4) + le(0, 2) + "\x60\xEA" +
         le(0, 2);
}

std::string ace() {
  std::string out = le(0x1234, 2) + le(49, 2) + le(0, 1) + le(0x9000, 2) + "**ACE**";
  out.resize(128);
  return out;
}

std::string tar_header(const std::string& name, std::uint64_t size, char type) {
  std::string h = name;
  h.resize(512);
  const auto put = [&](std::size_t at, const std::string& text) {
    h.replace(at, text.size(), text);
  };
  char digits[16];
  std::snprintf(digits, sizeof digits, "%011llo", static_cast<unsigned long long>(size));
  put(100, "0000644");
  put(124, digits);
  put(136, "00000000000");
  h[156] = type;
  put(148, "        ");
  unsigned sum = 0;
  for (unsigned char c : h) sum += c;
  std::snprintf(digits, sizeof digits, "%06o", sum);
  put(148, digits);
  h[154] = 0;
  return h;
}

std::string gnu_sparse_tar(const std::string& start, std::uint64_t real_size) {
  std::string h = tar_header("sparse", start.size(), 'S');
  const auto put = [&](std::size_t at, std::uint64_t value) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%011llo", static_cast<unsigned long long>(value));
    h.replace(at, 11, digits);
  };
  h.replace(257, 8, std::string("ustar  \0", 8));
  put(386, 0);
  put(398, start.size());
  put(483, real_size);
  h.replace(148, 8, "        ");
  unsigned sum = 0;
  for (unsigned char c : h) sum += c;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  h.replace(148, 6, digits);
  h[154] = 0;
  std::string body = start;
  body.resize((start.size() + 511) / 512 * 512);
  return h + body + std::string(1024, '\0');
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string by_python(const std::string& script) {
  const Directory dir;
  const auto output = (dir.path / "out").string();
  return run("/usr/bin/python3", {"-W", "ignore", "-c", script, output}) ? slurp(output) : "";
}

std::string by_7zz(const std::vector<std::string>& arguments, const std::string& output,
                   const std::vector<Entry>& files) {
  const Directory dir;
  auto all = arguments;
  all.push_back((dir.path / output).string());
  for (const auto& f : files) {
    std::ofstream(dir.path / f.name, std::ios::binary) << f.content;
    all.push_back((dir.path / f.name).string());
  }
  return run("/usr/bin/7zz", all) ? slurp((dir.path / output).string()) : "";
}

}  // namespace samples
