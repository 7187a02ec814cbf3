// setup_smoke_users: makes the accounts that the checks log in with.
#include "setup_smoke_users/setup_smoke_users.hpp"
#include "tool/run_tool.hpp"

int main(int argc, char** argv) {
  return lectio::run_tool(argc, argv, lectio::setup_smoke_users_tool());
}
