// The site's database where its settings cannot be asked: as DATABASE_URL names it.
#pragma once

#include <optional>
#include <string>

#include "site/database.hpp"

namespace lectio {

// Of postgres://user:password@host:port/name; nothing for any other. Its size is not known.
std::optional<Database> database_of_url(const std::string& url);

}  // namespace lectio
