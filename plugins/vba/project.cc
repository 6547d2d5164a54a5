// SPDX-License-Identifier: Apache-2.0
#include "project.h"

namespace stoq::plugins::vba {
namespace {

constexpr std::size_t kMostModules = 10'000, kMostReferences = 1000, kMostName = 1024;

enum DirRecord : std::uint16_t {
  kCodePage = 0x03,
  kProjectName = 0x04,
  kVersion = 0x09,
  kRegistered = 0x0D,
  kProjectReference = 0x0E,
  kModuleName = 0x19,
  kStreamName = 0x1A,
  kProcedural = 0x21,
  kModuleEnd = 0x2B,
  kOffset = 0x31,
  kStreamNameWide = 0x32,
  kModuleNameWide = 0x47,
};

}  // namespace

Project read_project(office::Bytes dir) {
  Project project;
  Project::Module module;
  const auto text = [](office::Bytes raw) {
    return sdk::text_from_bytes(office::part_of(raw, 0, kMostName));
  };
  const auto wide = [](office::Bytes raw) {
    return office::utf16_text(office::part_of(raw, 0, kMostName));
  };
  office::Cursor in(dir);
  while (in.left() >= 6) {
    const std::uint16_t record = in.u16();
    // this one's size does not count its last two bytes
    const std::uint32_t size = in.u32();
    const office::Bytes value = in.take(std::uint64_t{size} + (record == kVersion ? 2 : 0));
    if (!in.ok()) break;
    switch (record) {
      case kCodePage:
        project.code_page = office::number_at<std::uint16_t>(value, 0);
        break;
      case kProjectName:
        project.name = text(value);
        break;
      case kRegistered:
      case kProjectReference:
        if (project.references.size() < kMostReferences)
          project.references.push_back(
              text(office::part_of(value, 4, office::number_at<std::uint32_t>(value, 0))));
        break;
      case kModuleName:
        module.name = text(value);
        break;
      case kModuleNameWide:
        if (!value.empty()) module.name = wide(value);
        break;
      case kStreamName:
        module.stream = text(value);
        break;
      case kStreamNameWide:
        if (!value.empty()) module.stream = wide(value);
        break;
      case kOffset:
        module.offset = office::number_at<std::uint32_t>(value, 0);
        break;
      case kProcedural:
        module.procedural = true;
        break;
      case kModuleEnd:
        if (project.modules.size() < kMostModules) project.modules.push_back(module);
        module = {};
        break;
      default:
        break;
    }
  }
  project.whole = in.ok();
  return project;
}

}  // namespace stoq::plugins::vba
