// SPDX-License-Identifier: Apache-2.0
// Packages of PyInstaller: entries lie in them.
#include "fuzz/target.h"
#include "plugins/carving/tests/samples.h"
#include "plugins/pyinstaller/package.h"

using stoq::fuzz::must;

STOQ_FUZZ(pyinstaller) {
  const auto package = stoq::plugins::pyinstaller::read_package(data);
  if (!package) return;
  must(package->at < data.size() && !package->format.empty());
  for (const auto& entry : package->entries) {
    must(!entry.type.empty());
    must(entry.content.empty() ||
         (entry.content.data() >= data.data() &&
          entry.content.data() + entry.content.size() <= data.data() + data.size()));
  }
}

STOQ_FUZZ_SEEDS(pyinstaller) {
  using stoq::test::python_modules;
  const std::string modules = python_modules({{'m', "a", "code"}, {'M', "b", "more"}});
  return {
      modules, python_modules({{'m', "a", "code"}, {'M', "b", "more"}}, true),
      "MZ" + stoq::test::python_package({{'s', "main", "code"}, {'z', "PYZ", modules}}) + "more"};
}
