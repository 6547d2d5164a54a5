// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yara.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/digests.h"
#include "bench/floor.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

class Rules {
 public:
  explicit Rules(const std::string& file) {
    if (yr_initialize() != ERROR_SUCCESS) fail("libyara does not start");
    YR_COMPILER* compiler = nullptr;
    FILE* text = std::fopen(file.c_str(), "r");
    if (!text || yr_compiler_create(&compiler) != ERROR_SUCCESS) fail(file + " cannot be read");
    if (yr_compiler_add_file(compiler, text, nullptr, file.c_str()) != 0)
      fail(file + " does not compile");
    std::fclose(text);
    yr_compiler_get_rules(compiler, &rules_);
    yr_compiler_destroy(compiler);
  }
  ~Rules() {
    yr_rules_destroy(rules_);
    yr_finalize();
  }
  YR_RULES* get() const { return rules_; }

 private:
  YR_RULES* rules_ = nullptr;
};

int count_match(YR_SCAN_CONTEXT*, int message, void*, void* count) {
  if (message == CALLBACK_MSG_RULE_MATCHING) ++*static_cast<uint64_t*>(count);
  return CALLBACK_CONTINUE;
}

// State of one thread.
class Worker {
 public:
  Worker(const std::string& out, size_t bytes, const Rules* rules, unsigned number)
      : temporary_(out + "/.tmp-" + std::to_string(number)), out_(out), result_(bytes, 'x') {
    if (!rules) return;
    if (yr_scanner_create(rules->get(), &scanner_) != ERROR_SUCCESS)
      fail("libyara gives no scanner");
    yr_scanner_set_flags(scanner_, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
    yr_scanner_set_callback(scanner_, count_match, &matches_);
    yr_scanner_set_timeout(scanner_, 60);
  }
  ~Worker() {
    if (scanner_) yr_scanner_destroy(scanner_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void take(const fs::path& file) {
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat st {};
    if (fd < 0 || fstat(fd, &st) != 0) fail(file.string() + " cannot be opened");
    if (scanner_) {
      scan(read_whole(fd, static_cast<size_t>(st.st_size)));
    } else {
      hash(fd);
    }
    close(fd);
    write_result(file.filename().string());
  }

 private:
  // In pieces that stay in the cache between the read and the digests.
  void hash(int fd) {
    buffer_.resize(64 << 10);
    digests_.begin();
    for (ssize_t n; (n = read(fd, buffer_.data(), buffer_.size())) != 0;) {
      if (n < 0) fail("a file cannot be read");
      digests_.update({buffer_.data(), static_cast<size_t>(n)});
    }
    result_[0] = static_cast<char>(digests_.finish());
  }

  std::span<const uint8_t> read_whole(int fd, size_t size) {
    if (buffer_.size() < size) buffer_.resize(size);
    for (size_t got = 0; got < size;) {
      const ssize_t n = read(fd, buffer_.data() + got, size - got);
      if (n <= 0) fail("a file cannot be read");
      got += static_cast<size_t>(n);
    }
    return {buffer_.data(), size};
  }

  void scan(std::span<const uint8_t> content) {
    result_[0] = static_cast<char>(digests_.of(content));
    if (yr_scanner_scan_mem(scanner_, content.data(), content.size()) != ERROR_SUCCESS)
      fail("libyara cannot scan");
  }

  void write_result(const std::string& name) {
    const int fd = open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, result_.data(), result_.size()) != static_cast<ssize_t>(result_.size()))
      fail(temporary_ + " cannot be written");
    close(fd);
    if (rename(temporary_.c_str(), (out_ + "/" + name).c_str()) != 0) fail(out_ + " takes no file");
  }

  std::string temporary_, out_, result_;
  Digests digests_;
  YR_SCANNER* scanner_ = nullptr;
  uint64_t matches_ = 0;
  std::vector<uint8_t> buffer_;
};

}  // namespace

void floor_tree(const std::string& in, const std::string& out, size_t bytes, unsigned threads,
                const std::string& rules) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(in)) files.push_back(entry.path());
  const std::unique_ptr<Rules> compiled = rules.empty() ? nullptr : std::make_unique<Rules>(rules);
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto work = [&](unsigned number) {
    try {
      Worker worker(out, bytes, compiled.get(), number);
      for (size_t i; (i = next++) < files.size();) worker.take(files[i]);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "stoq-bench --floor: %s\n", e.what());
      failed = true;
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(work, i);
    work(0);
  }
  if (failed) fail("the tree was not done");
}

}  // namespace stoq::bench
