// SPDX-License-Identifier: Apache-2.0
#include "printer/printer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "stoq/sdk/views.h"

namespace stoq::plugins::print {
namespace {

// A pipe, of which everything is read in the background.
class Reader {
 public:
  explicit Reader(int flags = 0) {
    if (pipe2(ends_, O_CLOEXEC) != 0) std::abort();
    fcntl(ends_[1], F_SETFL, flags);
    thread_ = std::jthread([this] {
      char chunk[1000];
      for (ssize_t n; (n = read(ends_[0], chunk, sizeof chunk)) > 0;)
        text_.append(chunk, static_cast<size_t>(n));
    });
  }
  int fd() const { return ends_[1]; }
  std::string text() {
    close(ends_[1]);
    thread_.join();
    close(ends_[0]);
    return text_;
  }

 private:
  int ends_[2];
  std::string text_;
  std::jthread thread_;
};

std::string refusal(int fd) {
  try {
    Printer(fd).json("{}");
  } catch (const sdk::Error& e) {
    return e.what();
  }
  return "";
}

TEST(Stdout, PrintsIndentedByFourWithANewline) {
  Reader reader;
  Printer printer(reader.fd());
  printer.json(R"({"a": [1, "x, y"], "b": {}})");
  printer.json("[]");
  EXPECT_EQ(reader.text(),
            "{\n    \"a\": [\n        1,\n        \"x, y\"\n    ],\n    \"b\": {}\n}\n[]\n");
}

TEST(Stdout, PrintsDeepAndLongDocuments) {
  const std::string deep = std::string(2000, '[') + std::string(2000, ']');
  const std::string wide =
      "[\"" + std::string(70000, 'x') + "\", \"" + std::string(65536, 'y') + "\"]";
  for (const std::string& document : {deep, wide}) {
    Reader reader;
    Printer(reader.fd()).json(document);
    EXPECT_EQ(reader.text(), sdk::indent(document) + "\n");
  }
}

TEST(Stdout, WaitsForAReaderOfANonBlockingPipe) {
  Reader reader(O_NONBLOCK);
  const std::string document = '"' + std::string(1000000, 'x') + '"';
  Printer(reader.fd()).json(document);
  EXPECT_EQ(reader.text(), document + "\n");
}

TEST(Stdout, NeverMixesDocumentsOfSeveralThreads) {
  Reader reader;
  Printer printer(reader.fd());
  std::vector<std::string> documents;
  for (char c : {'a', 'b', 'c', 'd'}) documents.push_back('"' + std::string(200000, c) + '"');
  {
    std::vector<std::jthread> threads;
    for (const std::string& document : documents)
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) printer.json(document);
      });
  }
  std::string text = reader.text();
  size_t whole = 0;
  for (size_t end; (end = text.find('\n')) != text.npos; text.erase(0, end + 1))
    for (const std::string& document : documents) whole += text.compare(0, end, document) == 0;
  EXPECT_EQ(whole, 20u);
  EXPECT_EQ(text, "");
}

TEST(Stdout, SaysWhenNobodyReads) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  close(ends[0]);
  EXPECT_EQ(refusal(ends[1]), "cannot print the response: stdout was closed by its reader");
  close(ends[1]);
}

TEST(Stdout, SaysWhenItCannotWrite) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  EXPECT_EQ(refusal(full),
            "cannot print the response to stdout: No space left on device; mend what stdout leads "
            "to, or use another connector");
  close(full);
  EXPECT_EQ(refusal(full),
            "cannot print the response to stdout: Bad file descriptor; mend what stdout leads to, "
            "or use another connector");
}

}  // namespace
}  // namespace stoq::plugins::print
