// SPDX-License-Identifier: Apache-2.0
#include "cli/documents.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "cli/findings.h"
#include "cli/visible.h"

namespace stoq::cli {
namespace {

using sdk::JsonKind;
using sdk::JsonView;
using Texts = std::vector<std::string>;

constexpr size_t kOfList = 4;    // of one list
constexpr size_t kColumns = 80;  // columns of one value

// Lines below one label; what is empty is left out.
class Story {
 public:
  Story(Page& page, std::string_view rail, std::string_view label)
      : page_(page), rail_(rail), label_(label) {}

  Story& say(const std::string& text, Ink ink = Ink::plain) {
    if (text.empty()) return *this;
    if (!spans_.empty()) spans_.push_back({Ink::dim, " · "});
    spans_.push_back({ink, visible(text, kColumns)});
    return *this;
  }
  Story& say(std::string_view what, const std::string& text, Ink ink = Ink::plain) {
    if (text.empty()) return *this;
    spans_.push_back({Ink::dim, (spans_.empty() ? "" : " · ") + std::string(what) + " "});
    spans_.push_back({ink, visible(text, kColumns)});
    return *this;
  }
  bool told() const { return label_.empty(); }
  Story& line() {
    if (spans_.empty()) return *this;
    page_.finding(rail_, std::exchange(label_, {}), std::exchange(spans_, {}), 2);
    return *this;
  }
  Story& list(std::string_view what, const Texts& items, Ink ink = Ink::plain) {
    if (items.empty()) return *this;
    line();
    spans_.push_back({Ink::dim, std::string(what) + " "});
    for (size_t i = 0; i < items.size() && i < kOfList; ++i) {
      if (i > 0) spans_.push_back({Ink::dim, " · "});
      spans_.push_back({ink, visible(items[i], kColumns)});
    }
    if (items.size() > kOfList)
      spans_.push_back({Ink::dim, " and " + std::to_string(items.size() - kOfList) + " more"});
    return line();
  }

 private:
  Page& page_;
  std::string_view rail_, label_;
  Spans spans_;
};

std::string text(JsonView of, std::string_view key) {
  return of[key].string_or("");
}
std::string count_of(JsonView number, std::string_view thing) {
  return counted(static_cast<uint64_t>(std::max<int64_t>(0, number.int_or(0))), thing);
}
std::string quoted(const std::string& text) {
  return text.empty() ? text : '"' + text + '"';
}

// Of each element of a list what `of` says, unless that is nothing.
template <class Of>
Texts each(JsonView list, const Of& of) {
  Texts texts;
  for (const JsonView element : list.elements())
    if (std::string one = of(element); !one.empty()) texts.push_back(std::move(one));
  return texts;
}

std::string filename(JsonView of) {
  return text(of, "filename");
}

// "name (status)", where the status is no success.
std::string with_status(JsonView of, std::string_view name_key) {
  const std::string name = text(of, name_key), status = text(of, "status");
  if (name.empty() || status.empty() || status == "extracted") return name;
  return name + " (" + status + ")";
}

// Of a text as one line.
std::string beginning(const std::string& text) {
  std::string line;
  for (const char c : text) {
    if (line.size() > kColumns) break;
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  return line;
}

void who_wrote(Story& story, JsonView message, const std::string& when) {
  story.say("from", text(message, "from")).say("to", text(message, "to"));
  story.line().say(quoted(text(message, "subject")), Ink::strong).say(when).line();
  story.say("text", beginning(text(message, "body"))).line();
}

void mail(Story& story, JsonView result) {
  who_wrote(story, result, text(result, "date"));
  const JsonView mail = result["mail"];
  story.say(text(mail, "container"));
  if (mail["mails"].int_or(0) > 1) story.say(count_of(mail["mails"], "mail"));
  story.line().list(
      "attached", each(mail["parts"], [](JsonView part) { return with_status(part, "filename"); }));
  story.list("passwords it names", mail["passwords"].strings(), Ink::strong);
  story.list("contradictions", mail["defects"].strings(), Ink::warning);
}

void message(Story& story, JsonView result) {
  who_wrote(story, result, text(result, "sent"));
  story.list("attached", each(result["attachments"], [](JsonView attachment) {
               return with_status(attachment, "filename");
             }));
}

void pdf(Story& story, JsonView result) {
  story.say("version", text(result, "version"));
  story.say(count_of(result["pages"], "page"));
  if (result["revisions"].int_or(1) > 1) story.say(count_of(result["revisions"], "revision"));
  if (result["encrypted"].bool_or(false)) story.say("encrypted", Ink::warning);
  story.say("password", quoted(text(result, "password")), Ink::strong).line();
  Texts actions;
  for (const auto& member : result["actions"].members()) actions.emplace_back(member.key);
  story.list("actions", actions, Ink::warning);
  story.list("starts", result["launches"].strings(), Ink::bad);
  story.list("holds", each(result["extracted"], [](JsonView one) {
               const std::string name = with_status(one, "filename");
               return name.empty() && text(one, "status") == "extracted" ? text(one, "kind") : name;
             }));
  story.list("leads to", result["uris"].strings(), Ink::warning);
  story.list("damaged", result["warnings"].strings(), Ink::dim);
}

void package(Story& story, JsonView result) {
  story.say(text(result, "kind"));
  if (result["macros"].bool_or(false)) story.say("macros", Ink::bad);
  story.line().list("embeds", result["embedded"].strings());
  story.list("leads to",
             each(result["external"],
                  [](JsonView relation) {
                    return text(relation, "type") + " " + text(relation, "target");
                  }),
             Ink::warning);
}

void compound(Story& story, JsonView result) {
  story.say(count_of(result["stream_count"], "stream"))
      .line()
      .list("holds", each(result["streams"], [](JsonView stream) { return text(stream, "file"); }));
}

void macros(Story& story, JsonView result) {
  story.list("modules",
             each(result["modules"], [](JsonView module) { return with_status(module, "name"); }),
             Ink::warning);
}

void rich_text(Story& story, JsonView result) {
  story.list("objects",
             each(result["objects"],
                  [](JsonView object) {
                    std::string name = filename(object);
                    if (name.empty()) name = text(object, "class");
                    return text(object, "kind") + (name.empty() ? "" : " " + name) +
                           (object["updates"].bool_or(false) ? ", loaded on opening" : "");
                  }),
             Ink::warning);
  story.list("template", result["templates"].strings(), Ink::bad);
  story.list("fields", result["instructions"].strings(), Ink::warning);
}

void notebook(Story& story, JsonView result) {
  story.say(text(result, "format")).line();
  story.list("files", each(result["files"], filename));
}

void encrypted(Story& story, JsonView result) {
  const std::string status = text(result, "status");
  story.say(text(result, "encryption")).say(text(result, "cipher"));
  story.say(status, status == "decrypted" ? Ink::good : Ink::warning);
  story.say("password", quoted(text(result, "password")), Ink::strong).line();
}

struct Telling {
  std::string_view worker, label, must_have;
  void (*tell)(Story&, JsonView);
};
constexpr Telling kTellings[] = {
    {"smtp", "mail", "mail", mail},
    {"msg", "mail", "format", message},
    {"tnef", "mail", "attachments", message},
    {"pdf", "pdf", "version", pdf},
    {"ooxml", "office", "part_count", package},
    {"ole", "ole", "stream_count", compound},
    {"vba", "macros", "modules", macros},
    {"rtf", "rtf", "object_count", rich_text},
    {"onenote", "notes", "files", notebook},
    {"officecrypt", "locked", "encryption", encrypted},
};

}  // namespace

bool add_document(Page& page, std::string_view rail, std::string_view worker, JsonView result) {
  for (const Telling& telling : kTellings) {
    if (telling.worker != worker) continue;
    if (result.kind() != JsonKind::object || !result[telling.must_have]) return false;
    Story story(page, rail, telling.label);
    telling.tell(story, result);
    return story.line().told();
  }
  return false;
}

}  // namespace stoq::cli
