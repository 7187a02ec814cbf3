#include "notify_failure/notify_failure.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::notify_failure()); }
