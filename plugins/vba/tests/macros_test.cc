// SPDX-License-Identifier: Apache-2.0
#include "vba/macros.h"

#include <gtest/gtest.h>

#include <ctime>

#include "collector.h"
#include "project_writer.h"
#include "vba/decompress_source.h"

namespace stoq::plugins::vba {
namespace {

using namespace office_samples;
using namespace std::string_literals;

std::string module_text(const std::string& name, std::size_t lines = 1) {
  std::string out = "Attribute VB_Name = \"" + name + "\"\r\nSub AutoOpen()\r\n";
  for (std::size_t i = 0; i < lines; ++i)
    out += "  Shell \"cmd /c echo " + std::to_string(i * i) + "\"\r\n";
  return out + "End Sub\r\n";
}

TEST(Source, WhatOfficeCompressesComesBack) {
  for (const std::string& text :
       {module_text("a"), module_text("b", 700), std::string(10'000, 'x'), "ab"s}) {
    const Source source = decompress_source(in_bytes(compress_source(text)));
    EXPECT_EQ(office::view_of(source.bytes), text);
    EXPECT_EQ(source.problem, "");
  }
  // an example of the format's specification
  const std::string packed =
      "\x01\x2F\xB0\x00\x23\x61\x61\x61\x62\x63\x64\x65\x82\x66\x00\x70\x61\x67\x68\x69\x6A\x01\x38"
      "\x08"
      "\x61\x6B\x6C\x00\x30\x6D\x6E\x6F\x70\x06\x71\x02\x70\x04\x10\x72\x73\x74\x75\x76\x10\x77\x78\x79\x7A\x00\x3C"s;
  EXPECT_EQ(office::view_of(decompress_source(in_bytes(packed)).bytes),
            "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa");
}

TEST(Source, DamageIsTold) {
  const std::string packed = compress_source(module_text("b", 700));
  const Source cut = decompress_source(in_bytes(packed.substr(0, packed.size() - 20)));
  EXPECT_GT(cut.bytes.size(), 4096u);
  EXPECT_TRUE(cut.problem.starts_with("is damaged in the chunk at byte ")) << cut.problem;
  EXPECT_EQ(decompress_source(in_bytes("text"s)).problem,
            "does not begin as compressed source does");
  EXPECT_EQ(decompress_source(in_bytes("\1\0\0"s)).problem, "holds no chunk of compressed source");
}

TEST(Vba, EveryModuleIsAPayload) {
  const std::vector<Macro> macros = {{"ThisDocument", module_text("ThisDocument"), false},
                                     {"Module1", module_text("Module1", 300)}};
  const std::string raw =
      compound({stream("WordDocument", "x"), storage("Macros", project_nodes(macros))});
  Collector sink;
  EXPECT_EQ(
      take_macros(in_bytes(raw), sink),
      R"({"project": "VBAProject", "code_page": 1252, "module_count": 2, "modules": [{"name": "ThisDocument", )"
      R"("kind": "class", "size": )" +
          std::to_string(macros[0].source.size()) +
          R"(, "status": "extracted"}, {"name": "Module1", "kind": "module", "size": )" +
          std::to_string(macros[1].source.size()) +
          R"(, "status": "extracted"}], "references": ["*\\G{00020430-0000-0000-C000-000000000046}#2.0#0#stdole2.tlb#OLE Automation"]})");
  EXPECT_EQ(sink.contents, (Strings{macros[0].source, macros[1].source}));
  EXPECT_EQ(sink.metas.at(1),
            R"({"extra_data": {"filename": "Module1.bas", "path": "Macros/VBA/Module1"}})");
  EXPECT_EQ(sink.errors, Strings());
}

TEST(Vba, ADamagedListIsNoWayToHide) {
  const std::vector<Macro> macros = {{"Module1", module_text("Module1")}};
  std::vector<Node> nodes = project_nodes(macros);
  nodes[0].children[0].content = "no list";
  Collector sink;
  take_macros(in_bytes(compound(nodes)), sink);
  EXPECT_EQ(sink.contents, Strings{macros[0].source});
  EXPECT_EQ(
      sink.errors,
      Strings{"project 'VBA' has no list of modules that can be read; its streams were searched"});
}

TEST(Vba, AListThatLiesAboutOffsetsIsNoWayToHide) {
  std::vector<Node> nodes = project_nodes({{"Module1", module_text("Module1")}});
  nodes[0].children[0].content = compress_source(project_dir({{"Module1", "", true, "x"}}));
  Collector sink;
  take_macros(in_bytes(compound(nodes)), sink);
  EXPECT_EQ(sink.contents, Strings{module_text("Module1")});
}

TEST(Vba, ModulesThatAreNotListedAreFound) {
  std::vector<Node> nodes = project_nodes({{"Module1", module_text("Module1")}});
  nodes[0].children.push_back(stream("Hidden", "code" + compress_source(module_text("Hidden"))));
  Collector sink;
  const std::string result = take_macros(in_bytes(compound(nodes)), sink);
  EXPECT_EQ(sink.contents, (Strings{module_text("Module1"), module_text("Hidden")}));
  EXPECT_NE(result.find(R"({"name": "Hidden", "kind": "unlisted")"), result.npos) << result;
}

TEST(Vba, CodeWithoutSourceIsTold) {
  std::vector<Node> nodes = project_nodes({{"Module1", module_text("Module1")}});
  for (Node& node : nodes[0].children)
    if (node.name == u"Module1")
      node.content = "compiled code, of any kind" + std::string(50, '\0');
  Collector sink;
  const std::string result = take_macros(in_bytes(compound(nodes)), sink);
  EXPECT_NE(result.find(R"("status": "no source")"), result.npos) << result;
  EXPECT_EQ(
      sink.errors,
      Strings{
          "module 'Module1' has code but no source: it does not begin as compressed source does"});
}

TEST(Vba, AMissingStreamIsTold) {
  std::vector<Node> nodes = project_nodes({{"Module1", module_text("Module1")}});
  nodes[0].children.pop_back();
  Collector sink;
  take_macros(in_bytes(compound(nodes)), sink);
  EXPECT_EQ(sink.errors, Strings{"module 'Module1' of project 'VBA' has no stream 'Module1'"});
}

// What the processor does for a project with so many names in its list and in its storage, of which
// no two are the same.
double work(unsigned modules, unsigned streams) {
  const auto name = [](char kind, unsigned i) {
    const std::string digits = std::to_string(i);
    return std::string(25 - digits.size(), 'x') + kind + digits;
  };
  std::vector<Macro> listed;
  for (unsigned i = 0; i < modules; ++i) listed.push_back({name('m', i), ""});
  const std::string list = project_dir(listed);
  std::string dir = "\1";  // in chunks as they are
  for (std::size_t at = 0; at < list.size(); at += 4096) {
    const std::string chunk = list.substr(at, 4096);
    dir += le(0x3000 | (chunk.size() - 1), 2) + chunk;
  }
  std::vector<Node> nodes = {stream("dir", dir)};
  for (unsigned i = 0; i < streams; ++i) nodes.push_back(stream(name('s', i), ""));
  const std::string raw = compound({storage("VBA", nodes)});
  Collector sink;
  const std::clock_t begin = std::clock();
  take_macros(in_bytes(raw), sink);
  const double end = static_cast<double>(std::clock() - begin);
  EXPECT_EQ(sink.errors.empty(), modules == 0);
  return end;
}

TEST(Vba, ManyModulesAreFoundAmongManyStreams) {
  const double apart = work(10'000, 0) + work(0, 90'000);
  EXPECT_LT(work(10'000, 90'000), 10 * apart);
}

TEST(Vba, StopIsHeededAndAnythingElseIsLeftAlone) {
  Collector one(1);
  take_macros(in_bytes(compound(project_nodes({{"A", module_text("A")}, {"B", module_text("B")}}))),
              one);
  EXPECT_EQ(one.contents.size(), 1u);
  Collector none;
  EXPECT_EQ(take_macros(in_bytes(compound({stream("WordDocument", "x")})), none), "");
  EXPECT_EQ(take_macros(in_bytes("PK\3\4 no zip"s), none), "");
  EXPECT_EQ(take_macros(in_bytes("Sub AutoOpen()"s), none), "");
  EXPECT_EQ(none.errors, Strings());
}

}  // namespace
}  // namespace stoq::plugins::vba
