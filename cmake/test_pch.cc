// SPDX-License-Identifier: Apache-2.0
//
// Only there so that the precompiled header of the tests is made.
int main() {}
