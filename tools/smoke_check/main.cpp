#include "smoke_check/smoke_check.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::smoke_check()); }
