// SPDX-License-Identifier: Apache-2.0
//
// What is installed comes from elsewhere and need not mean well. Each of these puts it into an empty
// folder, within bounds, and throws StoqException when it does not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stoq::cli {

constexpr uint64_t kMostBytes = uint64_t{1} << 30;  // of one plugin
constexpr size_t kMostEntries = 10'000;
constexpr int kMostLevels = 32;

// Whether a link in a folder so many levels below the top can lead nowhere but inside it.
bool link_stays_inside(std::string_view target, int levels);

// Files, folders and links that stay inside, without .git; on disk when it returns.
void copy_folder(const std::string& from, const std::string& to);

// The files of a tar, zip or 7z, compressed or not.
void unpack_archive(const std::string& path, const std::string& into);

// "": the text is a git URL that can be fetched; else why not, or what it is not.
enum class Source { git, refused, local };
Source kind_of_source(const std::string& source, std::string& url, std::string& problem);

// The last commit of a repository.
void clone_git(const std::string& url, const std::string& into);

}  // namespace stoq::cli
