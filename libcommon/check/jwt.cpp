#include "check/jwt.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "io/json.hpp"

namespace lectio {
namespace {

constexpr std::chrono::seconds skew{60};

std::optional<unsigned> six_bits(char c) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::size_t at = alphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  if (text.empty() || text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto value = six_bits(c);
    if (!value) return std::nullopt;
    held = ((held << 6U) | *value) & 0xffffU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>((held >> bits) & 0xffU));
    }
  }
  return bytes;
}

std::optional<std::array<std::string_view, 3>> three_parts(std::string_view token) {
  if (std::ranges::count(token, '.') != 2) return std::nullopt;
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  return std::array{token.substr(0, first), token.substr(first + 1, second - first - 1),
                    token.substr(second + 1)};
}

bool is_past(double exp, WallTime now) {
  const auto seconds = std::chrono::duration<double>(now.time_since_epoch() - skew);
  return exp <= seconds.count();
}

}  // namespace

std::string jwt_fault(std::string_view token, std::string_view role, WallTime now) {
  const auto parts = three_parts(token);
  if (!parts) return "not_three_parts";
  const auto header = decode_base64url((*parts)[0]);
  const auto payload = decode_base64url((*parts)[1]);
  if (!header || !payload || !decode_base64url((*parts)[2])) return "not_base64url";
  const auto head = parse_json(*header);
  const auto claims = parse_json(*payload);
  if (!head || !head->IsObject() || !claims || !claims->IsObject()) return "not_json";
  const auto exp = claims->FindMember("exp");
  if (exp == claims->MemberEnd() || !exp->value.IsNumber()) return "no_exp";
  if (is_past(exp->value.GetDouble(), now)) return "expired";
  if (role.empty()) return {};
  const auto claimed = claims->FindMember("role");
  const bool same = claimed != claims->MemberEnd() && claimed->value.IsString() &&
                    as_text(claimed->value) == role;
  return same ? "" : "wrong_role";
}

}  // namespace lectio
