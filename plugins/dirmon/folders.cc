// SPDX-License-Identifier: Apache-2.0
#include "folders.h"

#include <algorithm>

#include "names.h"

namespace stoq::plugins::dirmon {

Folder* Folders::find(int id) const {
  const auto found = all_.find(id);
  return found == all_.end() ? nullptr : found->second.get();
}

Folder* Folders::child(const Folder& parent, const std::string& name) const {
  const auto found = parent.children.find(name);
  return found == parent.children.end() ? nullptr : found->second;
}

std::string Folders::path(const Folder& folder) const {
  std::vector<const Folder*> steps;
  for (const Folder* at = &folder; at->parent; at = at->parent) steps.push_back(at);
  std::string path;
  std::reverse(steps.begin(), steps.end());
  for (const Folder* step : steps) path = join(path, step->name);
  return path;
}

Folder& Folders::add(int id, Folder* parent, const std::string& name, uint64_t inode) {
  auto folder = std::make_unique<Folder>(Folder{id, parent, name, inode, 0, 0, {}});
  Folder& added = *folder;
  all_[id] = std::move(folder);
  (parent ? parent->children[name] : root_) = &added;
  return added;
}

void Folders::move(Folder& folder, Folder& parent, const std::string& name) {
  folder.parent->children.erase(folder.name);
  folder.parent = &parent;
  folder.name = name;
  parent.children[name] = &folder;
}

void Folders::renumber(Folder& folder, int id) {
  auto node = all_.extract(folder.id);
  node.key() = folder.id = id;
  all_.insert(std::move(node));
}

std::vector<int> Folders::drop(Folder& folder) {
  if (folder.parent)
    folder.parent->children.erase(folder.name);
  else
    root_ = nullptr;
  std::vector<const Folder*> found = {&folder};
  for (size_t i = 0; i < found.size(); ++i)
    for (const auto& [name, child] : found[i]->children) found.push_back(child);
  std::vector<int> ids;
  ids.reserve(found.size());
  for (const Folder* gone : found) ids.push_back(gone->id);
  for (const int id : ids) all_.erase(id);
  return ids;
}

std::vector<int> Folders::unwatched() const {
  std::vector<int> ids;
  if (last_unwatched_ == 0) return ids;
  for (const auto& [id, folder] : all_)
    if (id < 0) ids.push_back(id);
  return ids;
}

std::vector<int> Folders::missed(uint32_t round) const {
  std::vector<int> ids;
  for (const auto& [id, folder] : all_)
    if (folder->round != round) ids.push_back(id);
  return ids;
}

}  // namespace stoq::plugins::dirmon
