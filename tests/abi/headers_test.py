#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Today's plugin ABI against each frozen version: headers_test.py INCLUDE FROZEN

Tables may have grown at their ends and constants may have been added; nothing else may differ but STOQ_ABI_MINOR, and words.
"""
import os
import re
import sys
import unittest

INCLUDE, FROZEN = sys.argv.pop(1), sys.argv.pop(1)
MAY_CHANGE = {"STOQ_ABI_MINOR"}


def declarations(root):
    """Of all headers: members of each struct in order, values of constants, other typedefs."""
    structs, constants, types = {}, {}, set()
    folder = os.path.join(root, "stoq", "abi")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        for key, value in re.findall(r"^#define (STOQ_\w+) +(\S.*)$", text, flags=re.M):
            constants[key] = " ".join(value.split())
        for key, body in re.findall(r"\bstruct (\w+) \{(.*?)\n\}", text, flags=re.S):
            structs[key] = [" ".join(member.split()) for member in body.split(";") if member.strip()]
        types.update(" ".join(t.split()) for t in re.findall(r"^typedef [^{;]+;", text, flags=re.M))
    return structs, constants, types


def differences(frozen, today):
    (structs, constants, types), (structs_now, constants_now, types_now) = frozen, today
    found = [f"{key} was {value}, is {constants_now.get(key)}" for key, value in constants.items()
             if key not in MAY_CHANGE and constants_now.get(key) != value]
    found += [f"gone: {t}" for t in types - types_now]
    for name, members in structs.items():
        now = structs_now.get(name, [])
        if "uint32_t struct_size" not in members[0] and now != members:
            found.append(f"{name} has no size, so it must not change")
        found += [f"{name}: '{was}' became '{is_}'" for was, is_ in zip(members, now + ["nothing"] * len(members)) if was != is_]
    return found


class Headers(unittest.TestCase):
    def test_tables_only_grew(self):
        versions = sorted(name for name in os.listdir(FROZEN) if name[0].isdigit())
        self.assertIn("1.0", versions)
        today = declarations(INCLUDE)
        for version in versions:
            frozen = declarations(os.path.join(FROZEN, version))
            self.assertEqual(f'{frozen[1]["STOQ_ABI_MAJOR"]}.{frozen[1]["STOQ_ABI_MINOR"]}', version)
            self.assertLessEqual(int(frozen[1]["STOQ_ABI_MINOR"]), int(today[1]["STOQ_ABI_MINOR"]))
            self.assertEqual(differences(frozen, today), [], version)
        # What has grown since has a number of its own, and that number a copy.
        self.assertEqual(declarations(os.path.join(FROZEN, versions[-1]))[0], today[0], "freeze the headers as a new minor version")

    def test_the_comparison_sees_what_it_must(self):
        def like(change=None):
            structs, constants, types = declarations(os.path.join(FROZEN, "1.0"))
            if change:
                change(structs, constants, types)
            return structs, constants, types
        self.assertGreater(len(like()[0]), 15)
        self.assertGreater(len(like()[1]), 40)
        self.assertIn("stoq_status (*extract_end)(const stoq_call*, int32_t keep)", like()[0]["stoq_call_api"])
        fine = like(lambda structs, constants, types: (structs["stoq_call_api"].append("int32_t (*more)(void)"), constants.update(STOQ_FACT_MORE="99")))
        self.assertEqual(differences(like(), fine), [])
        for change in (lambda s, c, t: s["stoq_call_api"].insert(3, "int32_t (*more)(void)"), lambda s, c, t: s["stoq_str"].append("int more"),
                       lambda s, c, t: s["stoq_worker"].pop(), lambda s, c, t: s.pop("stoq_provider"), lambda s, c, t: c.update(STOQ_FACT_TASK="14"),
                       lambda s, c, t: c.pop("STOQ_OK"), lambda s, c, t: t.clear(),
                       lambda s, c, t: s["stoq_payload"].__setitem__(1, "uint64_t level")):
            self.assertNotEqual(differences(like(), like(change)), [])


if __name__ == "__main__":
    unittest.main()
