// SPDX-License-Identifier: Apache-2.0
//
// The directories that are watched, as a tree: one that is renamed takes all below it along.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace stoq::plugins::dirmon {

struct Folder {
  int id;  // its watch; below zero: it is not watched
  Folder* parent;
  std::string name;
  uint64_t inode;
  uint32_t round;  // of the last look at everything that has met it
  uint32_t era;    // of the journal: since it came to its place, or has left it
  std::map<std::string, Folder*> children;
};

class Folders {
 public:
  Folder* find(int id) const;
  Folder* root() const { return root_; }
  Folder* child(const Folder& parent, const std::string& name) const;
  std::string path(const Folder& folder) const;  // relative to the root, which is ""

  // The place must be free; without a parent it is the root.
  Folder& add(int id, Folder* parent, const std::string& name, uint64_t inode);
  void move(Folder& folder, Folder& parent, const std::string& name);
  void renumber(Folder& folder, int id);
  int unwatched_id() { return --last_unwatched_; }

  // Forgets a directory and all below it; their ids.
  std::vector<int> drop(Folder& folder);

  std::vector<int> unwatched() const;
  std::vector<int> missed(uint32_t round) const;  // those that it has not met

 private:
  std::unordered_map<int, std::unique_ptr<Folder>> all_;
  Folder* root_ = nullptr;
  int last_unwatched_ = 0;
};

}  // namespace stoq::plugins::dirmon
