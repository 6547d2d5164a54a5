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

namespace stoq::plugins::jinja {
using print::Printer;
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
    Printer(fd).text("x");
  } catch (const sdk::Error& e) {
    return e.what();
  }
  return "";
}

TEST(JinjaPrinter, PrintsTextsAndDocuments) {
  Reader reader(O_NONBLOCK);
  Printer printer(reader.fd());
  const std::string wide(300'000, 'x');
  printer.text("a\nb");
  printer.text(wide);
  printer.json(R"({"a": [1]})");
  EXPECT_EQ(reader.text(), "a\nb\n" + wide + "\n{\n    \"a\": [\n        1\n    ]\n}\n");
}

TEST(JinjaPrinter, NeverMixesTextsOfSeveralThreads) {
  Reader reader;
  Printer printer(reader.fd());
  {
    std::vector<std::jthread> threads;
    for (char c : {'a', 'b', 'c', 'd'})
      threads.emplace_back([&printer, text = std::string(100'000, c)] {
        for (int i = 0; i < 5; ++i) printer.text(text);
      });
  }
  const std::string text = reader.text();
  ASSERT_EQ(text.size(), 20u * 100'001);
  for (size_t at = 0; at < text.size(); at += 100'001)
    EXPECT_EQ(text.substr(at, 100'001), std::string(100'000, text[at]) + "\n");
}

TEST(JinjaPrinter, SaysWhyItCannotPrint) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  close(ends[0]);
  EXPECT_EQ(refusal(ends[1]), "cannot print the response: stdout was closed by its reader");
  close(ends[1]);
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(refusal(full),
            "cannot print the response to stdout: No space left on device; mend what stdout leads "
            "to, or use another connector");
  close(full);
}

}  // namespace
}  // namespace stoq::plugins::jinja
