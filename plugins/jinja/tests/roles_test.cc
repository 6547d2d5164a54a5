// SPDX-License-Identifier: Apache-2.0
//
// The plugin through its ABI, with the templates that come with it.
#include <gtest/gtest.h>

#include <map>

#include "stoq/abi/plugin.h"
#include "stoq/sdk/views.h"
#include "tests/support/temporary_directory.h"

extern "C" const stoq_plugin_entry stoq_plugin_entry_v1;

namespace stoq::plugins::jinja {
namespace {

// The engine's side, as far as this plugin uses it.
class FakeEngine {
 public:
  explicit FakeEngine(const std::string& folder, const std::string& path = "stoq.tpl",
                      int64_t max_output = 8 << 20)
      : template_(path), max_output_(max_output) {
    host_.struct_size = sizeof host_;
    host_.ctx = this;
    host_.name = sdk::str("jinja");
    host_.folder = sdk::str(folder);
    host_.option = &option;
    api_.struct_size = sizeof api_;
    api_.fact = [](const stoq_call* call, uint32_t which) {
      return sdk::str(which == STOQ_FACT_RESPONSE ? self(call).response : std::string_view());
    };
    api_.cancelled = [](const stoq_call*) { return 0; };
    api_.time_left = [](const stoq_call*) { return int64_t{60'000}; };
    api_.result = [](const stoq_call* call, stoq_str text) {
      self(call).result = sdk::view(text);
      return STOQ_OK;
    };
    api_.raise = [](const stoq_call* call, stoq_str, stoq_str text) {
      self(call).raised = sdk::view(text);
      return STOQ_OK;
    };
    call_ = {sizeof call_, 0, &api_, this};
    plugin_ = stoq_plugin_entry_v1.create(&host_, &call_);
  }
  ~FakeEngine() {
    if (plugin_) stoq_plugin_entry_v1.destroy(plugin_);
  }
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  bool loaded() const { return plugin_ != nullptr; }
  std::string decorated(const std::string& text) {
    response = text;
    result.clear();
    role<stoq_decorator>(STOQ_DECORATOR).decorate(plugin_, &call_);
    return sdk::JsonView(result).as_string().value_or("no string: " + result);
  }
  std::string printed(const std::string& text) {
    response = text;
    testing::internal::CaptureStdout();
    const stoq_status status = role<stoq_connector>(STOQ_CONNECTOR).save(plugin_, &call_);
    const std::string out = testing::internal::GetCapturedStdout();
    return status == STOQ_OK ? out : "failed";
  }

  std::string response, result, raised;

 private:
  static FakeEngine& self(const stoq_call* call) { return *static_cast<FakeEngine*>(call->ctx); }
  template <class Table>
  static const Table& role(const char* id) {
    return *static_cast<const Table*>(stoq_plugin_entry_v1.get_extension(id));
  }
  static stoq_status option(const stoq_host* host, stoq_str name, stoq_value* out) {
    const auto& engine = *static_cast<FakeEngine*>(host->ctx);
    if (sdk::view(name) == "template") {
      out->kind = STOQ_VALUE_TEXT;
      out->text = sdk::str(engine.template_);
    } else if (sdk::view(name) == "max_output") {
      out->kind = STOQ_VALUE_INTEGER;
      out->integer = engine.max_output_;
    } else {
      out->kind = STOQ_VALUE_NUMBER;
      out->number = 30;
    }
    return STOQ_OK;
  }

  const std::string template_;
  const int64_t max_output_;
  stoq_host host_{};
  stoq_call_api api_{};
  stoq_call call_{};
  void* plugin_ = nullptr;
};

const std::string kStoqResponse = R"({"results": [
  {"payload_id": "p0", "size": 5, "payload_meta": {"should_archive": true, "extra_data":
     {"filename": "x<script>\u001b[31m.bin"}, "dispatch_to": []},
   "workers": [{"hash": {"md5": "5d41"}, "yara": {"matches": [{"rule": "a&b"}, null]}},
               {"exif": {"Deep": [[[[[[[[[["x"]]]]]]]]]]}}],
   "archivers": {"filedir": {"path": "/a"}},
   "plugins_run": {"workers": [["hash", "yara"], ["exif"]], "archivers": ["filedir"]},
   "extracted_from": null, "extracted_by": null},
  {"payload_id": "p1", "size": 1, "payload_meta": {"should_archive": true, "extra_data": {},
     "dispatch_to": []}, "workers": [{}], "archivers": {}, "plugins_run": {"workers": [[]],
     "archivers": []}, "extracted_from": "p0", "extracted_by": "zip"}],
  "request_meta": {"archive_payloads": true, "source": "/in <1>", "extra_data": {"key": "v"}},
  "errors": {"nosuch": ["worker:failed & \u0007"]}, "time": "2026-11-24T02:53:20.530306",
  "decorators": {}, "scan_id": "b1c9", "limits": [{"limit": "max_recursion"}]})";

TEST(JinjaRoles, ReportsInHtmlByItself) {
  FakeEngine engine(STOQ_JINJA_FOLDER);
  ASSERT_TRUE(engine.loaded()) << engine.raised;
  const std::string page = engine.decorated(kStoqResponse);
  EXPECT_EQ(engine.raised, "");
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>\n")) << page;
  EXPECT_TRUE(page.ends_with("</html>")) << page;
  for (const char* const part :
       {"<p>2026-11-24T02:53:20.530306: 2 payloads</p>", "<p>Source: /in &lt;1&gt;</p>",
        "<tr><th>key</th><td>v</td></tr>", "<li>nosuch: worker:failed &amp; \a</li>",
        "<h2>x&lt;script&gt;\x1b[31m.bin</h2>",
        "<p>5 bytes; looked at by hash, yara; then exif</p>", "<tr><th>md5</th><td>5d41</td></tr>",
        "<tr><th>rule</th><td>a&amp;b</td></tr>", "<li>&ndash;</li>",
        "<tr><th>limit</th><td>max_recursion</td></tr>", "<li>[[[&#39;x&#39;]]]</li>",
        "<h3>Archived by filedir</h3>",
        "<p>1 bytes, extracted from <a href=\"#p0\">p0</a> by zip</p>"})
    EXPECT_NE(page.find(part), page.npos) << part << "\n" << page;
  EXPECT_EQ(page.find("<script"), page.npos);
}

TEST(JinjaRoles, ReportsAsText) {
  FakeEngine engine(STOQ_JINJA_FOLDER, "text.tpl");
  ASSERT_TRUE(engine.loaded()) << engine.raised;
  EXPECT_EQ(engine.decorated(kStoqResponse), R"(Scan b1c9, 2026-11-24T02:53:20.530306
Source '/in <1>'
Error of nosuch: 'worker:failed & \x07'
Limit reached: {'limit': 'max_recursion'}

Payload p0: 5 bytes, 'x<script>\x1b[31m.bin'
  hash
    'md5': '5d41'
  yara
    'matches': [{'rule': 'a&b'}, None]
  exif
    'Deep': [[[[[[[[[['x']]]]]]]]]]

Payload p1: 1 bytes, extracted from p0 by zip
)");
}

TEST(JinjaRoles, PrintsWhatItRenderedOrElseTheResponse) {
  FakeEngine engine(STOQ_JINJA_FOLDER);
  EXPECT_EQ(engine.printed(R"({"decorators": {"jinja": "a <b>\n\u00e4"}})"), "a <b>\nä\n");
  EXPECT_EQ(engine.printed(R"({"decorators": {"jinja": ""}})"), "\n");
  EXPECT_EQ(engine.printed(R"({"decorators": {"other": "x"}})"),
            "{\n    \"decorators\": {\n        \"other\": \"x\"\n    }\n}\n");
  EXPECT_EQ(engine.printed(R"({"decorators": {"jinja": {}}})"),
            "{\n    \"decorators\": {\n        \"jinja\": {}\n    }\n}\n");
}

TEST(JinjaRoles, RefusesBadTemplatesAtTheStart) {
  const test::TemporaryDirectory folder;
  EXPECT_FALSE(FakeEngine(folder.path()).loaded());
  EXPECT_EQ(FakeEngine(folder.path()).raised, "Template path not found: " + (folder / "stoq.tpl"));
  EXPECT_EQ(FakeEngine(folder.path(), "/nosuch/x.tpl").raised,
            "Template path not found: /nosuch/x.tpl");
  folder.file("bad.tpl", "\n{{ 1 +");
  EXPECT_EQ(FakeEngine(folder.path(), "bad.tpl").raised,
            "template 'bad.tpl', line 2: '{{' has no '}}'");
}

TEST(JinjaRoles, KeepsToMaxOutput) {
  const test::TemporaryDirectory folder;
  folder.file("a.tpl", "{{ response.s }}");
  FakeEngine engine(folder.path(), "a.tpl", 3);
  EXPECT_EQ(engine.decorated(R"({"s": "abc"})"), "abc");
  EXPECT_EQ(engine.decorated(R"({"s": "abcd"})"), "no string: ");
  EXPECT_EQ(engine.raised,
            "template 'a.tpl', line 1: the template makes a text of more than 3 bytes of this "
            "response; let it write less, or raise the option max_output");
}

}  // namespace
}  // namespace stoq::plugins::jinja
