#include "deep_check/deep_check.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::deep_check()); }
