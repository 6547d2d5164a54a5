// SPDX-License-Identifier: Apache-2.0
#include "formula.h"

#include <charconv>
#include <cstring>
#include <optional>

namespace stoq::plugins::vba {
namespace {

constexpr std::size_t kMostText = 64 << 10, kMostStack = 1000;
constexpr int kAnyNumber = -1;

struct Function {
  std::uint16_t number;
  const char* name;
  int arguments = kAnyNumber;
};
constexpr Function kFunctions[] = {
    {0, "COUNT"},
    {1, "IF"},
    {2, "ISNA", 1},
    {3, "ISERROR", 1},
    {4, "SUM"},
    {5, "AVERAGE"},
    {6, "MIN"},
    {7, "MAX"},
    {8, "ROW"},
    {9, "COLUMN"},
    {10, "NA", 0},
    {19, "PI", 0},
    {24, "ABS", 1},
    {25, "INT", 1},
    {27, "ROUND", 2},
    {29, "INDEX"},
    {30, "REPT", 2},
    {31, "MID", 3},
    {32, "LEN", 1},
    {33, "VALUE", 1},
    {34, "TRUE", 0},
    {35, "FALSE", 0},
    {36, "AND"},
    {37, "OR"},
    {38, "NOT", 1},
    {39, "MOD", 2},
    {48, "TEXT", 2},
    {53, "GOTO", 1},
    {54, "HALT"},
    {55, "RETURN"},
    {63, "RAND", 0},
    {67, "DAY", 1},
    {74, "NOW", 0},
    {78, "OFFSET"},
    {79, "ABSREF", 2},
    {80, "RELREF", 2},
    {82, "SEARCH"},
    {84, "ERROR"},
    {87, "ECHO"},
    {88, "SET.NAME"},
    {94, "ACTIVE.CELL", 0},
    {95, "SELECTION", 0},
    {100, "CHOOSE"},
    {106, "GET.FORMULA", 1},
    {107, "GET.NAME"},
    {108, "SET.VALUE", 2},
    {110, "EXEC"},
    {111, "CHAR", 1},
    {112, "LOWER", 1},
    {113, "UPPER", 1},
    {115, "LEFT"},
    {116, "RIGHT"},
    {118, "TRIM", 1},
    {119, "REPLACE", 4},
    {120, "SUBSTITUTE"},
    {121, "CODE", 1},
    {123, "DIRECTORY"},
    {124, "FIND"},
    {130, "T", 1},
    {131, "N", 1},
    {132, "FOPEN"},
    {133, "FCLOSE", 1},
    {135, "FREADLN", 1},
    {136, "FREAD", 2},
    {137, "FWRITELN", 2},
    {138, "FWRITE", 2},
    {148, "INDIRECT"},
    {149, "REGISTER"},
    {150, "CALL"},
    {166, "INITIATE"},
    {168, "POKE", 3},
    {169, "EXECUTE"},
    {186, "GET.WORKSPACE", 1},
    {257, "EVALUATE", 1},
    {336, "CONCATENATE"},
};
constexpr Function kCommands[] = {{1, "OPEN"}, {5, "SAVE.AS"},  {6, "FILE.DELETE"},
                                  {17, "RUN"}, {96, "FORMULA"}, {118, "ALERT"}};
constexpr std::uint16_t kUserDefined = 255, kCommandBit = 0x8000;
constexpr const char* kOperators[] = {
    "+", "-", "*", "/", "^", "&", "<", "<=", "=", ">=", ">", "<>", " ", ",", ":"};

std::string function_name(std::uint16_t number) {
  const bool command = (number & kCommandBit) != 0;
  const std::span<const Function> table =
      command ? std::span<const Function>(kCommands) : kFunctions;
  for (const Function& function : table)
    if (function.number == (number & ~kCommandBit)) return function.name;
  return (command ? "COMMAND" : "FUNCTION") + std::to_string(number & ~kCommandBit);
}

int fixed_arguments(std::uint16_t number) {
  for (const Function& function : kFunctions)
    if (function.number == number && function.arguments >= 0) return function.arguments;
  return 1;
}

class Renderer {
 public:
  Renderer(office::Bytes tokens, const Workbook& workbook) : in_(tokens), workbook_(workbook) {}

  std::string run() {
    bool known = true;
    while (known && in_.left() > 0 && total_ < kMostText && stack_.size() < kMostStack)
      known = token(in_.u8()) && in_.ok();
    std::string out;
    for (const std::string& text : stack_) out += (out.empty() ? "" : " ") + text;
    return known && in_.left() == 0 ? out : out + (out.empty() ? "\u2026" : " \u2026");
  }

 private:
  void push(std::string text) {
    total_ += text.size();
    stack_.push_back(std::move(text));
  }
  std::string pop() {
    if (stack_.empty()) return "?";
    std::string top = std::move(stack_.back());
    stack_.pop_back();
    return top;
  }
  void call(std::string name, unsigned count) {
    std::vector<std::string> arguments(count);
    for (unsigned i = count; i-- > 0;) arguments[i] = pop();
    std::string text = std::move(name) + "(";
    for (unsigned i = 0; i < count; ++i) text += (i > 0 ? "," : "") + arguments[i];
    push(text + ")");
  }
  // BIFF 8 keeps the flags of a reference with the column, BIFF 5 with the row
  unsigned row() { return in_.u16() & (workbook_.wide ? 0xFFFFu : 0x3FFFu); }
  unsigned column() { return workbook_.wide ? in_.u16() & 0xFFu : in_.u8(); }
  std::string reference() {
    const unsigned at = row();
    return cell_name(at, column());
  }
  std::string area() {
    const unsigned first = row(), last = row(), left = column(), right = column();
    return cell_name(first, left) + ":" + cell_name(last, right);
  }

  // False: unknown, so that nobody can tell where the next one begins.
  bool token(unsigned raw) {
    const unsigned kind = raw >= 0x20 ? (raw & 0x1F) | 0x20 : raw;
    if (kind >= 0x03 && kind <= 0x11) {
      const std::string right = pop();
      push(pop() + kOperators[kind - 3] + right);
      return true;
    }
    switch (kind) {
      case 0x12:
        push("+" + pop());
        return true;
      case 0x13:
        push("-" + pop());
        return true;
      case 0x14:
        push(pop() + "%");
        return true;
      case 0x15:
        push("(" + pop() + ")");
        return true;
      case 0x16:
        push("");
        return true;
      case 0x17: {
        const std::size_t size = in_.u8();
        push("\"" + record_text(in_, size, workbook_.wide) + "\"");
        return true;
      }
      case 0x19:
        attribute();
        return true;
      case 0x1C:
        push("#ERROR" + std::to_string(in_.u8()));
        return true;
      case 0x1D:
        push(in_.u8() != 0 ? "TRUE" : "FALSE");
        return true;
      case 0x1E:
        push(std::to_string(in_.u16()));
        return true;
      case 0x1F: {
        const std::uint64_t bits = in_.u64();
        double number = 0;
        std::memcpy(&number, &bits, sizeof number);
        char digits[32];
        push(std::string(digits, std::to_chars(digits, digits + sizeof digits, number).ptr));
        return true;
      }
      case 0x21: {
        const std::uint16_t number = in_.u16();
        call(function_name(number), static_cast<unsigned>(fixed_arguments(number)));
        return true;
      }
      case 0x22: {
        const unsigned count = in_.u8() & 0x7F;
        const std::uint16_t number = in_.u16();
        if (number == kUserDefined && count > 0) {
          call("", count - 1);
          const std::string arguments = pop();
          push(pop() + arguments);
        } else {
          call(function_name(number), count);
        }
        return true;
      }
      case 0x23: {
        const unsigned number = in_.u16();
        in_.skip(workbook_.wide ? 2 : 12);
        push(number >= 1 && number <= workbook_.names.size() ? workbook_.names[number - 1]
                                                             : "NAME" + std::to_string(number));
        return true;
      }
      case 0x24:
      case 0x2C:
        push(reference());
        return true;
      case 0x25:
      case 0x2D:
        push(area());
        return true;
      case 0x39: {
        in_.skip(workbook_.wide ? 2 : 10);
        push("EXTERN" + std::to_string(in_.u16()));
        in_.skip(workbook_.wide ? 2 : 12);
        return true;
      }
      case 0x3A:
        in_.skip(workbook_.wide ? 2 : 14);
        push(reference());
        return true;
      case 0x3B:
        in_.skip(workbook_.wide ? 2 : 14);
        push(area());
        return true;
      default:
        return false;
    }
  }

  void attribute() {
    const unsigned what = in_.u8(), value = in_.u16();
    if ((what & 0x04) != 0) in_.skip((value + 1ull) * 2);  // CHOOSE: a table of jumps
    if ((what & 0x10) != 0) call("SUM", 1);
  }

  office::Cursor in_;
  const Workbook& workbook_;
  std::vector<std::string> stack_;
  std::size_t total_ = 0;
};

}  // namespace

std::string formula_text(office::Bytes tokens, const Workbook& workbook) {
  return Renderer(tokens, workbook).run();
}

std::string cell_name(unsigned row, unsigned column) {
  std::string letters;
  for (unsigned rest = column + 1; rest > 0; rest = (rest - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
  return letters + std::to_string(row + 1);
}

std::string record_text(office::Cursor& in, std::size_t size, bool wide) {
  if (!wide) return sdk::text_from_bytes(in.take(size));
  const bool two = (in.u8() & 1) != 0;
  if (two) return office::utf16_text(in.take(size * 2));
  std::string spread;  // the lower halves of UTF-16
  for (const std::uint8_t c : in.take(size)) spread.append({static_cast<char>(c), '\0'});
  return sdk::text_from_utf16(office::bytes_of(spread));
}

}  // namespace stoq::plugins::vba
