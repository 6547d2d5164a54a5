// SPDX-License-Identifier: Apache-2.0
#include "cli/machine_words.h"

#include <algorithm>
#include <iterator>

namespace stoq::cli {
namespace {

struct Word {
  std::string_view key;
  int64_t number;
  std::string_view word;
};

constexpr Word kPe[] = {{"MachineType", 0x14C, "x86"},
                        {"MachineType", 0x1C0, "ARM"},
                        {"MachineType", 0x1C4, "ARM"},
                        {"MachineType", 0x200, "Itanium"},
                        {"MachineType", 0xEBC, "EFI byte code"},
                        {"MachineType", 0x8664, "x86-64"},
                        {"MachineType", 0xAA64, "ARM64"},
                        {"PEType", 0x10B, "PE32"},
                        {"PEType", 0x20B, "PE32+"},
                        {"Subsystem", 1, "native"},
                        {"Subsystem", 2, "Windows"},
                        {"Subsystem", 3, "Windows console"},
                        {"Subsystem", 9, "Windows CE"},
                        {"Subsystem", 10, "EFI application"},
                        {"Subsystem", 11, "EFI boot service driver"},
                        {"Subsystem", 12, "EFI runtime driver"},
                        {"Subsystem", 13, "EFI ROM"}};
constexpr Word kElf[] = {{"CPUArchitecture", 1, "32 bit"},
                         {"CPUArchitecture", 2, "64 bit"},
                         {"CPUByteOrder", 1, "little endian"},
                         {"CPUByteOrder", 2, "big endian"},
                         {"ObjectFileType", 1, "relocatable"},
                         {"ObjectFileType", 2, "executable"},
                         {"ObjectFileType", 3, "shared object or PIE"},
                         {"ObjectFileType", 4, "core dump"},
                         {"CPUType", 2, "SPARC"},
                         {"CPUType", 3, "x86"},
                         {"CPUType", 8, "MIPS"},
                         {"CPUType", 20, "PowerPC"},
                         {"CPUType", 21, "PowerPC 64"},
                         {"CPUType", 22, "S/390"},
                         {"CPUType", 40, "ARM"},
                         {"CPUType", 42, "SuperH"},
                         {"CPUType", 62, "x86-64"},
                         {"CPUType", 183, "ARM64"},
                         {"CPUType", 243, "RISC-V"},
                         {"CPUType", 258, "LoongArch"}};

template <class Words>
std::string_view find(const Words& words, std::string_view key, int64_t number) {
  const auto at = std::find_if(std::begin(words), std::end(words), [&](const Word& word) {
    return word.key == key && word.number == number;
  });
  return at == std::end(words) ? std::string_view() : at->word;
}

}  // namespace

std::string_view word_for(std::string_view key, int64_t number, bool elf) {
  return elf ? find(kElf, key, number) : find(kPe, key, number);
}

}  // namespace stoq::cli
