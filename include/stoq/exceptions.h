// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace stoq {

// Whatever the engine refuses to do: bad configuration, bad arguments. what() says what, where and
// what to do.
class StoqException : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A plugin could not be loaded or refused its work; plugins of C++ programs throw it too.
class StoqPluginException : public StoqException {
 public:
  using StoqException::StoqException;
};

// No plugin of that name is in any plugin directory.
class StoqPluginNotFound : public StoqPluginException {
 public:
  using StoqPluginException::StoqPluginException;
};

}  // namespace stoq
