// SPDX-License-Identifier: Apache-2.0
//
// In place of qpdf/JSON.hh where the compiler is clang: from C++20 on it destroys a vector of that header's class before the class is complete.
#pragma once
#define JSON_HH
class JSON;
