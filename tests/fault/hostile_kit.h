// SPDX-License-Identifier: Apache-2.0
//
// Many payloads, one in ten of which sets the hostile plugin off, beside honest plugins: and what
// they come to.
#pragma once

#include <cstdio>
#include <random>

#include "plugins/echo_objects.h"
#include "support/objects.h"
#include "support/same_response.h"

namespace stoq::test {

// A tar archive of one file.
inline std::string tar_of(const std::string& content) {
  std::string header = "member";
  header.resize(512);
  const auto put = [&](size_t at, const char* format, unsigned long long number) {
    char digits[16];
    const int size = std::snprintf(digits, sizeof digits, format, number);
    header.replace(at, static_cast<size_t>(size), digits);
  };
  put(100, "%07llo", 0644);
  put(124, "%011llo", content.size());
  put(136, "%011llo", 0);
  header.replace(148, 8, 8, ' ');
  header[156] = '0';
  header.replace(257, 8, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, "%06llo", sum);
  std::string body = content;
  body.resize((body.size() + 511) / 512 * 512);
  return header + body + std::string(1024, '\0');
}

struct HostileItem {
  std::string content;
  bool hostile = false;
};

// Of ten neighbours one is hostile; half of all lie in an archive.
inline std::vector<HostileItem> hostile_items(unsigned count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<HostileItem> items;
  for (unsigned i = 0, chosen = 0; i < count; ++i) {
    if (i % 10 == 0) chosen = i + random() % 10;
    HostileItem item{(i == chosen ? "hostile " : "payload ") + std::to_string(i), i == chosen};
    if (random() % 2) item.content = tar_of(item.content);
    items.push_back(std::move(item));
  }
  return items;
}

// An engine with hostile, two honest plugins in hosts of two kinds and one in process; each run
// scans a range of the items and hands the responses on, one at a time.
class HostileEngine {
 public:
  using Judge = std::function<void(size_t item, const StoqResponse&)>;

  HostileEngine(StoqOptions options, const std::vector<HostileItem>& items, Judge judge)
      : items_(items) {
    options.plugin_dir_list.insert(options.plugin_dir_list.begin(),
                                   {STOQ_PLUGINS, STOQ_TEST_PLUGINS});
    options.always_dispatch = {"hash", "decompress", "echo_second", "hostile"};
    stoq_ = std::make_unique<Stoq>(std::move(options));
    stoq_->add_plugin("judge", std::make_shared<Connector>(std::move(judge)));
    stoq_->add_plugin(
        "source", std::make_shared<echo::ProviderObject>([this](Queue& queue) {
          for (size_t i = from_; i < to_; ++i)
            queue.put(Payload(items_[i].content, PayloadMeta{.extra_data = Json{{"n", int(i)}}}),
                      i);
        }));
  }
  void run(size_t from, size_t to) {
    from_ = from, to_ = to;
    EXPECT_EQ(stoq_->run().done, to - from);
  }

 private:
  struct Connector final : ConnectorPlugin {
    explicit Connector(Judge j) : judge(std::move(j)) {}
    void save(const StoqResponse& response) override {
      const std::lock_guard lock(mutex);
      judge(std::stoul(response.results.at(0).payload_meta.extra_data.get("n").text()), response);
    }
    std::mutex mutex;
    Judge judge;
  };

  const std::vector<HostileItem>& items_;
  size_t from_ = 0, to_ = 0;
  std::unique_ptr<Stoq> stoq_;
};

// What hostile's deed has come to: errors as "PLUGIN | text", limits as "limit of PLUGIN", its result.
struct Verdict {
  Names errors, limits;
  std::string result;
  bool operator==(const Verdict&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const Verdict& v) {
  for (const std::string& error : v.errors) out << "\n  error: " << error;
  for (const std::string& limit : v.limits) out << "\n  limit: " << limit;
  return out << "\n  result: " << (v.result.empty() ? "none" : v.result) << '\n';
}

// Where two texts part, with what stands around it there; "" when they do not.
inline std::string difference(std::string_view a, std::string_view b) {
  if (a == b) return "";
  const auto at = static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<long>(std::min(a.size(), b.size())),
                    b.begin())
          .first -
      a.begin());
  const size_t from = at - std::min<size_t>(at, 200);
  return std::string(a.substr(from, 500)) + "\n instead of \n" + std::string(b.substr(from, 500));
}

// Takes it out of the response, so that the rest can be compared.
inline Verdict take_verdict(StoqResponse& r) {
  Verdict verdict;
  std::erase_if(r.results, [](const PayloadResults& p) { return p.extracted_by == "hostile"; });
  const std::string tail = " ; payload " + r.results.back().payload_id;
  for (auto& [name, texts] : r.errors)
    for (std::string& text : texts) {
      if (text.ends_with(tail))
        text.resize(text.size() - tail.size());
      else if (const size_t at = text.rfind(" ; payload "); at != text.npos)
        text.replace(at, text.npos, " ; a payload that it gave");
      if (const size_t at = text.find("it had "), end = text.find(" MiB and may have");
          at != text.npos && end != text.npos)
        text.replace(at + 7, end - at - 7, "SO MANY");
      verdict.errors.push_back(name + " | " + text);
    }
  r.errors.clear();
  for (const LimitRecord& l : r.limits) verdict.limits.push_back(l.limit + " of " + l.plugin);
  r.limits.clear();
  for (NamedResults& round : r.results.back().workers) {
    if (const Json* result = round.find("hostile")) verdict.result = result->text();
    std::erase_if(round, [](const auto& named) { return named.first == "hostile"; });
  }
  return verdict;
}

}  // namespace stoq::test
