// The one error type of the suite and the value-or-error that carries it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace lectio {

enum class ErrorKind { config, io, network, timeout, tls, protocol, auth, cancelled };

// One line, fit to be shown to the owner; never holds a secret.
struct Error {
  ErrorKind kind;
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

}  // namespace lectio
