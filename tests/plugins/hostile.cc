// SPDX-License-Identifier: Apache-2.0
//
// A worker that does what no plugin may: on content "hostile DEED …" it does that deed, or the one
// that the option `deed` names; on all other content it gives an honest result.
#include "hostile.h"

#include <initializer_list>
#include <numeric>

namespace stoq::test::hostile {
namespace {

const Deed* find(std::string_view name) {
  for (const auto deeds : {endings(), grabs(), lies()})
    for (const Deed& deed : deeds)
      if (deed.name == name) return &deed;
  return nullptr;
}

class Hostile {
 public:
  static constexpr sdk::Option options[] = {
      {"armed", sdk::Kind::boolean, "yes", "no: honest on all content"},
      {"deed", sdk::Kind::text, "", "in place of the one that the content names"},
      {"in_create", sdk::Kind::text, "", "the ending to come to while it is loaded"},
      {"most", sdk::Kind::integer, "4", "processes, threads or descriptors that a deed takes"},
      {"mebibytes", sdk::Kind::integer, "256", "memory or disk that a deed takes"},
  };

  explicit Hostile(const sdk::Host& host)
      : host_(host),
        armed_(host.boolean("armed")),
        deed_(host.text("deed")),
        most_(static_cast<unsigned>(host.integer("most"))),
        mebibytes_(static_cast<unsigned>(host.integer("mebibytes"))) {
    if (const std::string ending = host.text("in_create"); !ending.empty()) end_process(ending);
  }

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    std::string_view text = payload.text();
    if (constexpr std::string_view kMark = "hostile "; armed_ && text.starts_with(kMark)) {
      text.remove_prefix(kMark.size());
      const Deed* deed = find(deed_.empty() ? text.substr(0, text.find_first_of(" \n")) : deed_);
      if (!deed) throw sdk::Error("it knows no such deed");
      Scene scene{host_, payload, call, most_, mebibytes_};
      return deed->go(scene);
    }
    sdk::JsonWriter json;
    json.begin_object().member("bytes", payload.size());
    const auto content = payload.content();
    call.result(json.member("sum", std::accumulate(content.begin(), content.end(), uint64_t{0}))
                    .end_object());
  }

 private:
  sdk::Host host_;
  bool armed_;
  std::string deed_;
  unsigned most_, mebibytes_;
};

}  // namespace
}  // namespace stoq::test::hostile

STOQ_PLUGIN(stoq::test::hostile::Hostile, "hostile", "1")
