#include "health_check/health_check.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::health_check()); }
